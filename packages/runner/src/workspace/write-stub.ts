import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { maxManifestBytes } from '../detect/read-manifest.ts';
import { readRegularFile } from '../detect/read-regular-file.ts';

/**
 * The manifest of a member that nobody needs, for package managers that compare all members with the lockfile. It has no
 * scripts, because an install would run some of them, and what they need is not there.
 */
export async function writeStub(from: string, to: string): Promise<void> {
  const text = readRegularFile(join(from, 'package.json'), maxManifestBytes).replace(/^\uFEFF/, '');
  const { scripts: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'package.json'), `${JSON.stringify(rest, null, 2)}\n`);
}
