export { astro } from './astro.ts';
export type { AstroOptions } from './astro.ts';
