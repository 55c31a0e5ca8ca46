import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** A real gRPC server with the health service, or without one. */
export async function startGrpcServer(
  statuses?: Record<string, 'SERVING' | 'NOT_SERVING' | 'UNKNOWN'>,
  address = '127.0.0.1:0',
): Promise<{ port: number; close(): void }> {
  const server = new Server();
  if (statuses) new HealthImplementation(statuses).addToServer(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, close: () => server.forceShutdown() };
}
