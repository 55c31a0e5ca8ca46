import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { tempFolder, writeFiles } from './temp-folder.ts';

/** A project without dependencies whose server is one of `tests/fixtures/servers`. */
export async function serverProject(
  fixture: string,
  manifest: Record<string, unknown> = {},
): Promise<string> {
  const file = fileURLToPath(new URL(`../fixtures/servers/${fixture}.mjs`, import.meta.url));
  return writeFiles(tempFolder(), {
    'server.mjs': readFileSync(file, 'utf8'),
    'package.json': {
      json: { name: fixture, type: 'module', scripts: { start: 'node server.mjs' }, ...manifest },
    },
  });
}
