export { grpcProbe } from './grpc-probe.ts';
export type { GrpcProbeOptions } from './grpc-probe.ts';
