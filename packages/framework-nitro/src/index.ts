export { nitro } from './nitro.ts';
export type { NitroOptions } from './nitro.ts';
