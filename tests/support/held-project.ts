import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { tempFolder, writeFiles } from './temp-folder.ts';

/** A project without dependencies whose server is one of `tests/fixtures/held`. */
export function heldProject(fixture: string, start = `node ${fixture}`): Promise<string> {
  const text = (name: string): string =>
    readFileSync(fileURLToPath(new URL(`../fixtures/held/${name}`, import.meta.url)), 'utf8');
  return writeFiles(tempFolder(), {
    [fixture]: text(fixture),
    'answer.cjs': text('answer.cjs'),
    'package.json': { json: { name: 'held', scripts: { start } } },
  });
}
