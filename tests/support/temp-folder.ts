import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

/** A folder outside of the repository that goes when the test ends. */
export function tempFolder(name = 'project-runner-test-'): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), name)));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes files; an object becomes JSON, `{ link }` a symlink. */
export async function writeFiles(
  dir: string,
  files: Readonly<Record<string, string | Uint8Array | { link: string } | { json: unknown }>>,
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(dir, name);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) await writeFile(file, content);
    else if ('link' in content) await symlink(content.link, file);
    else await writeFile(file, JSON.stringify(content.json, null, 2));
  }
  return dir;
}
