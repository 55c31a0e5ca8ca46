// The documents as readers get them: their code compiles and runs, the site is built (a dead link fails that), and its
// pages are looked at in a browser.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { run } from '../../scripts/run.mjs';
import { lookAtSite } from './look-at-site.mjs';
import { root } from './snippets.mjs';

const docs = join(root, 'docs');
const env = {
  ...process.env,
  PATH: `${join(docs, 'node_modules/.bin')}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
};

await must('node', 'scripts/check-snippets.mjs');
await must('typedoc', '--logLevel', 'Warn');
await must('vitepress', 'build');
const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (existsSync(browser)) await lookAtSite(join(docs, '.vitepress/dist'), browser, process.argv[2]);
else
  process.stdout.write(
    `The site was not looked at: there is no ${browser}. Install Chromium, or set CHROMIUM to its path.\n`,
  );

async function must(file, ...args) {
  const { code } = await run(file, args, { cwd: docs, env, group: true });
  if (code !== 0) process.exit(code);
}
