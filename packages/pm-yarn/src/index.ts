export { yarn } from './yarn.ts';
