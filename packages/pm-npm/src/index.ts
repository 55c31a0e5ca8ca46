export { npm } from './npm.ts';
