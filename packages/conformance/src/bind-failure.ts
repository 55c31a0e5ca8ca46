import { createServer } from 'node:net';

/** What stands in the way of a server on that address, `null` for nothing. */
export function bindFailure(port: number, host: string): Promise<Error | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}
