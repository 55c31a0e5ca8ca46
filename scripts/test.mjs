// `npm test` runs every check; `pnpm test` only the unit tests, in seconds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run, toolEnvironment } from './bootstrap.mjs';
import { install } from './install.mjs';

const isPnpm = process.env.npm_config_user_agent?.startsWith('pnpm/') ?? false;
const env = { ...toolEnvironment(), TURBO_TELEMETRY_DISABLED: '1' };
const reports = mkdtempSync(join(tmpdir(), 'project-runner-report-'));

if (isPnpm) {
  process.exitCode = await run(
    'pnpm',
    ['exec', 'vitest', 'run', '--project', 'unit', ...process.argv.slice(2)],
    env,
  );
} else {
  install(env);
  process.exitCode = await runAll();
}
rmSync(reports, { recursive: true, force: true });

async function runAll() {
  const steps = [
    ['format', ['pnpm', 'run', '--silent', 'format:check']],
    ['lint', ['pnpm', 'run', '--silent', 'lint']],
    ['types', ['pnpm', 'run', '--silent', 'types']],
    ['manifests', ['node', 'scripts/check-manifests.mjs']],
    ['sources', ['node', 'scripts/check-sources.mjs']],
    ['unit tests', vitest('unit')],
    ['packages', ['node', 'scripts/check-packages.mjs']],
    ['end-to-end tests', vitest('e2e')],
  ];
  const done = [];
  let failed = null;
  for (const [name, [file, ...args]] of steps) {
    process.stdout.write(`\n── ${name} ──\n`);
    const startedAt = performance.now();
    const code = await run(file, args, env);
    done.push([
      name,
      code === 0 ? 'passed' : `failed (${code})`,
      `${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    ]);
    if (code !== 0) {
      failed = code;
      break;
    }
  }
  process.stdout.write(`\n${done.map((row) => row.map((cell) => cell.padEnd(18)).join('')).join('\n')}\n`);
  const { passed, failures } = countTests();
  process.stdout.write(`\n${passed} passed, ${failures} failed\n`);
  return failed ?? (passed === 0 ? 1 : 0);
}

function vitest(project) {
  const reporters = [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(reports, `${project}.json`)}`,
  ];
  return ['pnpm', 'exec', 'vitest', 'run', '--project', project, ...reporters];
}

function countTests() {
  let passed = 0;
  let failures = 0;
  for (const project of ['unit', 'e2e']) {
    try {
      const report = JSON.parse(readFileSync(join(reports, `${project}.json`), 'utf8'));
      passed += report.numPassedTests;
      failures += report.numFailedTests;
    } catch {
      // A step before it failed, so it did not run and counts as nothing.
      continue;
    }
  }
  return { passed, failures };
}
