import { createServer } from 'node:net';
import type { Server } from 'node:net';

/** Gives a server connections that come by a path, so that somebody can ask it and no other server of its port. */
export function openPrivateSocket(server: Server, path: string): Server {
  const { allowHalfOpen, pauseOnConnect } = server as Server & {
    allowHalfOpen?: boolean;
    pauseOnConnect?: boolean;
  };
  const options = { allowHalfOpen: allowHalfOpen ?? false, pauseOnConnect: pauseOnConnect ?? false };
  const own = createServer(options, (socket) => void server.emit('connection', socket));
  own.on('error', (error) =>
    process.emitWarning(`The private socket of the server failed: ${error.message}`),
  );
  own.listen(path);
  return own;
}
