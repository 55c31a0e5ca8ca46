// Finds the right Node and pnpm, then runs a program with them. Plain JavaScript for any Node from 18 on, no
// dependencies: it is what runs on a machine that has nothing yet.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const nodeVersion = '24.21.0';
const pnpmVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1];

/** The first Node that runs TypeScript without a flag. */
const oldestNode = [22, 18];

/** The environment in which `node` and `pnpm` are the right ones. */
export function toolEnvironment() {
  // npm and npx leave settings of their own behind (`npm_node_execpath`, `npm_config_call`) that mislead children.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_')),
  );
  if (isNewEnough(process.versions.node) && versionOf('pnpm', env) === pnpmVersion) return env;
  return { ...env, PATH: `${toolFolder(env)}${delimiter}${env.PATH}` };
}

/** Runs a program as a direct child; signals are passed on, so that no child is left behind. Answers its exit code. */
export function run(file, args, env, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, env, stdio: 'inherit', ...options });
    // A terminal sends Ctrl-C to the whole group, so the child has that one already; the others it has not.
    const forward = (signal) => child.kill(signal);
    const wait = () => {};
    process.on('SIGTERM', forward);
    process.on('SIGHUP', forward);
    process.on('SIGINT', process.stdin.isTTY ? wait : forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', forward);
      process.off('SIGHUP', forward);
      process.removeAllListeners('SIGINT');
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

function versionOf(program, env) {
  const result = spawnSync(program, ['--version'], {
    cwd: root,
    env,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return result.status === 0 ? result.stdout.trim() : null;
}

/**
 * The folder of the binaries in npx's cache. Asked once and used directly: a program that npx started would be a
 * grandchild, and a SIGTERM to npx orphans those. The packages `node-<platform>-<arch>` carry the binary itself; the
 * package `node` fetches it in an install script, which npm 12 blocks without a word.
 */
function toolFolder(env) {
  const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}@${nodeVersion}`;
  if (process.platform === 'darwin') {
    fail(
      `This repository needs Node ${oldestNode.join('.')} or newer and pnpm ${pnpmVersion}; for macOS the registry has no Node packages.`,
      `Install them (for example with Homebrew: brew install node, npm i -g pnpm@${pnpmVersion}) and try again.`,
    );
  }
  const args = ['-y', '-p', nodePackage, '-p', `pnpm@${pnpmVersion}`, '-c', 'node -p process.env.PATH'];
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const result = spawnSync('npx', args, {
      cwd: root,
      env,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    const folder = result.stdout
      ?.split(delimiter)
      .find((path) => /_npx[\\/][^\\/]+[\\/]node_modules[\\/]\.bin\s*$/.test(path));
    if (result.status === 0 && folder) return folder.trim();
    process.stderr.write(
      `Could not get ${nodePackage} and pnpm@${pnpmVersion} from the npm registry (attempt ${attempt} of 2).\n${result.stderr ?? ''}`,
    );
  }
  return fail(
    `Node ${oldestNode.join('.')} or newer and pnpm ${pnpmVersion} are needed, and the npm registry could not be reached.`,
    'See the messages above; behind a proxy set HTTPS_PROXY and NODE_EXTRA_CA_CERTS.',
  );
}

function fail(problem, remedy) {
  process.stderr.write(`${problem}\n${remedy}\n`);
  process.exit(1);
}
