// What users get beside our own code: licences that they may be glad of, and no known vulnerability.
import { join } from 'node:path';

import { root } from './bootstrap.mjs';
import { run } from './run.mjs';

const allowed = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];
const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };

const problems = [...(await licenceProblems()), ...(await auditProblems())];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function licenceProblems() {
  const found = JSON.parse(await pnpm('--filter', './packages/*', 'licenses', 'list', '--prod', '--json'));
  const count = Object.values(found).flat().length;
  if (count === 0) return ['No dependency was found at all: is the workspace installed?'];
  process.stdout.write(`${count} dependencies, of the licences ${Object.keys(found).sort().join(', ')}.\n`);
  return Object.entries(found)
    .filter(([licence]) => !allowed.includes(licence))
    .flatMap(([licence, packages]) =>
      packages.map(({ name }) => `${name} has the licence ${licence}; allowed are ${allowed.join(', ')}`),
    );
}

async function auditProblems() {
  const output = await pnpm('audit', '--prod', '--json');
  // Mirrors of the registry often do not know of vulnerabilities; whoever publishes has the registry itself.
  if (/ERR_PNPM_AUDIT_(BAD_RESPONSE|ENDPOINT_NOT_EXISTS)/.test(output)) {
    process.stdout.write(`The registry was not able to tell about vulnerabilities:\n${output.trim()}\n`);
    return [];
  }
  const { advisories } = JSON.parse(output);
  const found = Object.values(advisories).map(
    ({ module_name: name, severity, title, url }) => `${name}: ${severity}, ${title} (${url})`,
  );
  if (found.length === 0) process.stdout.write('No known vulnerability.\n');
  return found;
}

/** What it prints; its exit code says no more than that. */
async function pnpm(...args) {
  const { code, stopped, output } = await run('pnpm', args, { cwd: root, env, capture: true });
  if (stopped) process.exit(code || 130);
  return output;
}
