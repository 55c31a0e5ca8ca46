export { execProbe } from './exec-probe.ts';
export type { ExecProbeOptions } from './exec-probe.ts';
export { tcpProbe } from './tcp-probe.ts';
export type { TcpProbeOptions } from './tcp-probe.ts';
