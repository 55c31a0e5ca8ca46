// What a package weighs: its own code as it is published, minified and with gzip, without its dependencies. Budgets are
// raised on purpose, with the change that needs it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { transform } from 'esbuild';

import { root } from './bootstrap.mjs';

/** In kB of 1000 bytes. */
const budgets = {
  activator: 8,
  core: 6,
  jobs: 28,
  'launcher-local': 18,
  'logs-file': 6,
  'ports-held': 5,
  'router-http': 18,
  runner: 78,
};
const pluginBudget = 3;
/** Only people run these. */
const unlimited = new Set(['cli', 'conformance', 'create-plugin']);

let failed = false;
for (const folder of readdirSync(join(root, 'packages')).filter((name) => !unlimited.has(name))) {
  const bytes = await sizeOf(join(root, 'packages', folder, 'dist'));
  const budget = (budgets[folder] ?? pluginBudget) * 1000;
  const line = `${folder.padEnd(20)}${(bytes / 1000).toFixed(1).padStart(6)} kB of ${budget / 1000}`;
  if (bytes <= budget) process.stdout.write(`${line}\n`);
  else
    process.stderr.write(
      `${line}: too much. Make it smaller, or raise the budget in scripts/check-sizes.mjs\n`,
    );
  failed ||= bytes > budget;
}
process.exitCode = failed ? 1 : 0;

async function sizeOf(dist) {
  const files = readdirSync(dist).filter((name) => name.endsWith('.js'));
  const sizes = files.map(async (file) => {
    const { code } = await transform(readFileSync(join(dist, file), 'utf8'), {
      minify: true,
      format: 'esm',
      target: 'node22.13',
    });
    return gzipSync(code).length;
  });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
