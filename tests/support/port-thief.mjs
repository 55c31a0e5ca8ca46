// Takes ports from others: for each `{ port, host }` it is told over IPC it tries until it has it, then says `{ port }`.
import { createServer } from 'node:http';

process.on('message', ({ port, host }) => {
  const server = createServer((_, response) => response.end('mine'));
  server.on('listening', () => process.send({ port }));
  server.on('error', () => setImmediate(() => server.listen(port, host)));
  server.listen(port, host);
});
