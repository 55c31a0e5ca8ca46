// `pnpm chaos`: the chaos tests alone; `--long`: many more rounds of them.
import { root, toolEnvironment } from './bootstrap.mjs';
import { run } from './run.mjs';

const args = process.argv.slice(2);
const env = await toolEnvironment();
const rest = args.filter((arg) => arg !== '--long');
const { code } = await run('vitest', ['run', '--project', 'e2e', 'tests/chaos', ...rest], {
  cwd: root,
  env: args.includes('--long') ? { ...env, PROJECT_RUNNER_CHAOS: 'long' } : { ...env },
});
process.exitCode = code;
