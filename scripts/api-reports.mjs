// The exported types of every package, as a report each in `api/`, so that no change of them goes unseen. Without an
// argument it compares and fails; `--write` (pnpm api) writes the reports.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { root } from './bootstrap.mjs';
import { compareReports } from './compare-reports.mjs';
import { build } from './install.mjs';
import { run } from './run.mjs';

const isWriting = process.argv.includes('--write');
const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };

await build(env);
const folders = readdirSync(join(root, 'packages'));
const packages = folders.map((folder) => join(root, 'packages', folder));
const changes = compareReports({ packages, reports: join(root, 'api'), isWriting });
for (const change of changes) await tell(change);
if (changes.length === 0) process.stdout.write(`${folders.length} packages export what their reports say.\n`);
process.exitCode = changes.length > 0 && !isWriting ? 1 : 0;

async function tell({ file, before, after }) {
  const name = `api/${basename(file)}`;
  if (isWriting) return process.stdout.write(`${name} was ${after === null ? 'removed' : 'written'}\n`);
  process.stderr.write(
    `${await difference(name, before ?? '', after ?? '')}
What is exported is not what ${name} says: see above.
- Nobody meant that? Then something that plugins and hosts use has changed: change it back.
- It is meant? "pnpm api" writes the report: commit it with the change, and a changeset.
- Plugins that were right before are wrong now? Then the hook needs another apiVersion, too: docs/api-stability.md.
`,
  );
}

async function difference(name, before, after) {
  const dir = mkdtempSync(join(tmpdir(), 'project-runner-diff-'));
  try {
    writeFileSync(join(dir, 'report'), before);
    writeFileSync(join(dir, 'now'), after);
    const args = ['diff', '--no-index', '--no-color', '--', 'report', 'now'];
    const { output } = await run('git', args, { cwd: dir, env, capture: true });
    return `--- ${name}\n+++ what is exported\n${output.split('\n').slice(4).join('\n')}`;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
