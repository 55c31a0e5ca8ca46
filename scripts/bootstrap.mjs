// Finds the right Node and pnpm for this repository. Plain JavaScript for any Node from 18 on, no dependencies: it is
// what runs on a machine that has nothing yet.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from './run.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that is fetched where there is none that fits. */
const nodeVersion = '24.21.0';
const pnpmVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1];

/** The first Node that runs TypeScript without a flag. */
const oldestNode = [22, 18];

/** The environment in which `node`, `pnpm` and the tools of the workspace are the right ones. */
export async function toolEnvironment() {
  const env = withoutNpmVariables(process.env);
  const nodeFits = isNewEnough(process.versions.node);
  // Whoever runs this by its path may have another Node on PATH.
  const ownFolder = nodeFits ? [dirname(process.execPath)] : [];
  const pnpmFits = versionOf('pnpm', env) === pnpmVersion;
  const fetched = nodeFits && pnpmFits ? [] : [await fetchTools(nodeFits, env)];
  const path = [join(root, 'node_modules/.bin'), ...fetched, ...ownFolder, env.PATH ?? ''];
  return { ...env, PATH: path.join(delimiter), TURBO_TELEMETRY_DISABLED: '1' };
}

/** npm and npx leave settings behind (`npm_node_execpath`, `npm_config_call`) that mislead the tools below them. */
export function withoutNpmVariables(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toLowerCase().startsWith('npm_')));
}

/** Whether a Node of this version runs TypeScript without a flag. */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/** What npx has to bring; `null` where the registry has no Node for the platform. */
export function packagesToFetch(nodeFits, platform, arch) {
  const pnpm = `pnpm@${pnpmVersion}`;
  if (nodeFits) return [pnpm];
  if (!['linux', 'win32'].includes(platform) || !['x64', 'arm64'].includes(arch)) return null;
  // These packages carry the binary. The package `node` fetches it in an install script, which npm 12 blocks without
  // a word, and then the old Node runs.
  return [`node-${platform === 'win32' ? 'win' : platform}-${arch}@${nodeVersion}`, pnpm];
}

/**
 * The folder of the binaries in npx's cache. Asked once and used directly: a program that npx started would be a
 * grandchild, and a SIGTERM to npx orphans those.
 */
async function fetchTools(nodeFits, env) {
  const packages = packagesToFetch(nodeFits, process.platform, process.arch);
  if (packages === null) {
    return fail(
      `This repository needs Node ${oldestNode.join('.')} or newer, found ${process.versions.node}. The npm registry has no Node for ${process.platform}-${process.arch} that could be used instead.`,
      `Install a newer Node (for example: brew install node) and try again; pnpm ${pnpmVersion} is then found by itself.`,
    );
  }
  const args = ['-y', ...packages.flatMap((name) => ['-p', name]), '-c', 'node -p process.env.PATH'];
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const { code, stopped, output } = await run('npx', args, { cwd: root, env, capture: true });
    if (stopped) process.exit(code);
    const folder = output
      .split(/[\r\n]+/)
      .flatMap((line) => line.split(delimiter))
      .find(isNpxFolder);
    if (code === 0 && folder) return verified(folder, nodeFits, env);
    process.stderr.write(
      `${output}\nCould not get ${packages.join(' and ')} from the npm registry (attempt ${attempt} of 2).\n`,
    );
  }
  return fail(
    `This repository needs ${packages.join(' and ')}, and npx could not bring them.`,
    'The messages of npx are above. Behind a proxy, set HTTPS_PROXY and NODE_EXTRA_CA_CERTS; a registry of your own belongs in ~/.npmrc.',
  );
}

function verified(folder, nodeFits, env) {
  const node = nodeFits ? `v${nodeVersion}` : versionOf(join(folder, 'node'), env);
  const pnpm = versionOf(join(folder, 'pnpm'), env);
  if (node === `v${nodeVersion}` && pnpm === pnpmVersion) return folder;
  return fail(
    `Expected Node v${nodeVersion} and pnpm ${pnpmVersion} in ${folder}, found ${node ?? 'none that runs'} and ${pnpm ?? 'none that runs'}.`,
    `Delete ${dirname(dirname(folder))} and try again, or install Node ${oldestNode.join('.')} or newer yourself (systems with musl, as Alpine, have to).`,
  );
}

function isNpxFolder(path) {
  return /[\\/]_npx[\\/][^\\/]+[\\/]node_modules[\\/]\.bin$/.test(path);
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

function fail(problem, remedy) {
  process.stderr.write(`${problem}\n${remedy}\n`);
  process.exit(1);
}
