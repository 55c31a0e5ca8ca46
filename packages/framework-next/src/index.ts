export { next } from './next.ts';
export type { NextOptions } from './next.ts';
