export { socketPathOf, unixSockets } from './unix-sockets.ts';
export type { UnixSocketsOptions } from './unix-sockets.ts';
