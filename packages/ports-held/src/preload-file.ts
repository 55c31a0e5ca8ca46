import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a server loads before its own code: TypeScript beside this file, or built with it. */
export const preloadFile: string = fileURLToPath(
  new URL(`./preload${extname(import.meta.url)}`, import.meta.url),
);
