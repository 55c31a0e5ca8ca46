export { bun } from './bun.ts';
