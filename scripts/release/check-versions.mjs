// Stops a release whose versions were not made: a version is published once and for ever.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../bootstrap.mjs';

const packages = join(root, 'packages');
const unversioned = readdirSync(packages).filter(
  (folder) => JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8')).version === '0.0.0',
);
const pending = readdirSync(join(root, '.changeset')).filter(
  (name) => name.endsWith('.md') && name !== 'README.md',
);
if (unversioned.length > 0) process.stderr.write(`Without a version: ${unversioned.join(', ')}\n`);
if (pending.length > 0) process.stderr.write(`${pending.length} changesets are not in a changelog yet.\n`);
if (unversioned.length + pending.length > 0) {
  process.stderr.write('Run pnpm release:version, commit what it wrote, and publish that commit.\n');
  process.exitCode = 1;
}
