// The documents as readers get them: their links lead somewhere, on GitHub and on the site; their code compiles and runs; the
// site's pages are looked at in a browser.
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';

import { run } from '../../scripts/run.mjs';
import { anchorProblems } from './anchor-problems.mjs';
import { lookAtSite } from './look-at-site.mjs';
import { root } from './snippets.mjs';

const docs = join(root, 'docs');
const env = {
  ...process.env,
  PATH: `${join(docs, 'node_modules/.bin')}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
};

const documents = ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md'];
const exclude = (path) => /(^|\/)node_modules$|^docs\/(api|\.vitepress)$/.test(path);
const files = globSync(documents, { cwd: root, exclude }).map((file) => join(root, file));
await must('remark', '--rc-path', 'remark.config.mjs', '--quiet', '--frail', '--no-stdout', ...files);
await must('node', 'scripts/check-snippets.mjs');
await must('typedoc', '--logLevel', 'Warn');
await must('vitepress', 'build');
const dead = anchorProblems(join(docs, '.vitepress/dist'));
if (dead.length > 0) {
  process.stderr.write(`${dead.join('\n')}\n`);
  process.exit(1);
}
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
