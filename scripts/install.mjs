import { root } from './bootstrap.mjs';
import { run } from './run.mjs';

/** Installs the workspace as its lockfile says. Prints, and ends this process, only if that fails. */
export function install(env) {
  return quietly('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'], env);
}

/** Builds all packages; turbo skips what has not changed. Prints, and ends this process, only if that fails. */
export function build(env) {
  return quietly('turbo', ['run', 'build', '--output-logs=errors-only'], env);
}

async function quietly(file, args, env) {
  const { code, stopped, output } = await run(file, args, {
    cwd: root,
    env: { ...env, CI: 'true' },
    capture: true,
  });
  if (code === 0 && !stopped) return;
  if (!stopped)
    process.stderr.write(`${output}\n${[file, ...args].join(' ')} failed with exit code ${code}.\n`);
  process.exit(code === 0 ? 1 : code);
}
