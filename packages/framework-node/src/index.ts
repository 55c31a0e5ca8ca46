export { nodeServer } from './node-server.ts';
export type { NodeServerOptions } from './node-server.ts';
