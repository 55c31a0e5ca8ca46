export { pnpm } from './pnpm.ts';
