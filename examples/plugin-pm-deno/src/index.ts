export { deno } from './deno.ts';
