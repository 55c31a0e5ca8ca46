// `npm test` runs every check, `pnpm test` only the unit tests, in seconds. `--all` means every check in both cases.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root, toolEnvironment } from './bootstrap.mjs';
import { install } from './install.mjs';
import { endProcesses, processesWithVariable } from './processes.mjs';
import { run } from './run.mjs';

const isPnpm = process.env.npm_config_user_agent?.startsWith('pnpm/') ?? false;
const args = process.argv.slice(2);
const env = await toolEnvironment();
if (isPnpm && !args.includes('--all')) {
  process.exitCode = (await run('vitest', ['run', '--project', 'unit', ...args], { cwd: root, env })).code;
} else {
  await install(env);
  process.exitCode = await runAll();
}

async function runAll() {
  // The tests' temporary files are all in here, and whatever they start has the variable: so we see what stays.
  const temp = mkdtempSync(join(tmpdir(), 'pr-'));
  const stepEnv = { ...env, TMPDIR: temp };
  const report = (project) => join(temp, `${project}.json`);
  const vitest = (project) => [
    'vitest',
    'run',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report(project)}`,
  ];
  const steps = [
    ['format', ['oxfmt', '--check', '.']],
    ['lint', ['oxlint']],
    ['types', ['tsc', '-p', '.']],
    ['manifests', ['node', 'scripts/check-manifests.mjs']],
    ['sources', ['node', 'scripts/check-sources.mjs']],
    ['unit tests', vitest('unit')],
    ['build', ['turbo', 'run', 'build', '--output-logs=errors-only']],
    ['api reports', ['node', 'scripts/api-reports.mjs']],
    ['packages', ['node', 'scripts/check-packages.mjs']],
    ['sizes', ['node', 'scripts/check-sizes.mjs']],
    ['dependencies', ['node', 'scripts/check-dependencies.mjs']],
    ['docs', ['node', 'docs/scripts/check-docs.mjs']],
    ['release', ['node', 'scripts/release/rehearse.mjs']],
    ['end-to-end tests', vitest('e2e')],
  ];
  const rows = [];
  let exitCode = 0;
  for (const [name, [file, ...stepArgs]] of steps) {
    process.stdout.write(`\n── ${name} ──\n`);
    const startedAt = performance.now();
    const { code, stopped } = await run(file, stepArgs, { cwd: root, env: stepEnv, group: true });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    rows.push([name, stopped ? 'stopped' : code === 0 ? 'passed' : `failed (${code})`, `${seconds} s`]);
    if (stopped || code !== 0) {
      exitCode = code || 130;
      break;
    }
  }
  const left = processesWithVariable('TMPDIR', temp);
  if (left.length > 0) {
    process.stderr.write(`\nStill running after the tests, ended now:\n`);
    for (const { pid, command } of left) process.stderr.write(`  ${pid} ${command}\n`);
    await endProcesses(left);
    exitCode ||= 1;
  }
  const { passed, failed } = countTests(['unit', 'e2e'].map(report));
  rmSync(temp, { recursive: true, force: true, maxRetries: 3 });
  process.stdout.write(
    `\n${rows.map(([name, result, time]) => `${name.padEnd(18)}${result.padEnd(12)}${time.padStart(8)}`).join('\n')}\n`,
  );
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  return exitCode || (passed === 0 ? 1 : 0);
}

function countTests(files) {
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    try {
      const report = JSON.parse(readFileSync(file, 'utf8'));
      passed += report.numPassedTests;
      // A file that could not even be loaded has no failed test, but is one.
      failed += report.numFailedTests || (report.success ? 0 : 1);
    } catch (error) {
      // No report: an earlier step failed, and these tests did not run.
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return { passed, failed };
}
