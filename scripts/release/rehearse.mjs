// The whole release, into a registry of our own: versions, changelogs, packing, publishing. Then what strangers do with it:
// install it into an empty project and run a server; create a plugin of each kind, test, pack and install that. With
// `--keep` the registry is kept instead, to be tried by hand.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { compileSnippets } from '../../docs/scripts/compile-snippets.mjs';
import { snippetsOf } from '../../docs/scripts/snippets.mjs';
import { root } from '../bootstrap.mjs';
import { build } from '../install.mjs';
import { run } from '../run.mjs';
import { startRegistry } from './local-registry.mjs';

const kinds = ['package-manager', 'health-probe', 'log-sink', 'port-strategy', 'framework', 'launcher'];

const env = {
  // Not those of an npm that runs this script.
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_loglevel: 'error',
  npm_config_update_notifier: 'false',
  CI: 'true',
};
const dir = mkdtempSync(join(tmpdir(), 'project-runner-release-'));
const uplink = (await must(dir, 'npm', 'config', 'get', 'registry')).trim().split('\n').at(-1);
const registry = await startRegistry(join(dir, 'registry'), uplink);
try {
  await build(env);
  const published = await publish(await copyOfRepository());
  say(`published ${published.length} packages`);
  if (process.argv.includes('--keep')) await keep();
  await installAndRun();
  say('an empty project installs the runner and the command, and runs a server');
  await createPlugins();
  say(`a new plugin of each kind builds, passes its suite, packs, and is installed: ${kinds.join(', ')}`);
} catch (error) {
  process.stderr.write(`${error.message}\n${registry.output()}\n`);
  process.exitCode = 1;
} finally {
  await registry.stop();
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

/** Nothing of a rehearsal is to be seen in the repository. What is built is taken along. */
async function copyOfRepository() {
  const copy = join(dir, 'repository');
  const listed = await must(root, 'git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { verbatimSymlinks: true });
  }
  for (const folder of readdirSync(join(root, 'packages')))
    cpSync(join(root, 'packages', folder, 'dist'), join(copy, 'packages', folder, 'dist'), {
      recursive: true,
    });
  await must(copy, 'git', 'init', '--quiet', '--initial-branch=main');
  await commit(copy);
  return copy;
}

async function commit(copy) {
  const who = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost'];
  await must(copy, 'git', 'add', '--all');
  await must(copy, 'git', ...who, 'commit', '--quiet', '--no-verify', '--message', 'Rehearse');
}

async function publish(copy) {
  await must(copy, 'pnpm', 'install', '--frozen-lockfile', '--prefer-offline');
  await mustFail(copy, /changesets are not in a changelog/, 'node', 'scripts/release/check-versions.mjs');
  await must(copy, 'pnpm', 'exec', 'changeset', 'version');
  await must(copy, 'node', 'scripts/release/check-versions.mjs');
  await must(copy, 'pnpm', 'install', '--lockfile-only', '--prefer-offline');
  await commit(copy);
  const versions = readdirSync(join(copy, 'packages')).map((folder) => {
    const { name, version } = JSON.parse(
      readFileSync(join(copy, 'packages', folder, 'package.json'), 'utf8'),
    );
    if (version === '0.0.0') throw new Error(`${name} got no version: its changeset is missing`);
    if (!existsSync(join(copy, 'packages', folder, 'CHANGELOG.md')))
      throw new Error(`${name} got no changelog`);
    return `${name}@${version}`;
  });
  writeFileSync(join(copy, '.npmrc'), registry.npmrc);
  await refuseProvenance(join(copy, 'packages/core'));
  await must(copy, 'pnpm', 'exec', 'changeset', 'publish', '--no-git-tag');
  for (const version of versions) {
    const found = await must(copy, 'npm', 'view', version, 'name', 'dist.tarball', '--json');
    if (!found.includes(registry.url)) throw new Error(`${version} is not in the registry: ${found}`);
  }
  return versions;
}

/** Until Ctrl-C. */
async function keep() {
  say(
    `The registry is ${registry.url}. Put this into the .npmrc of an empty project, and install:\n\n${registry.npmrc}`,
  );
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
    setInterval(() => undefined, 60_000);
  });
  await registry.stop();
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  process.exit();
}

async function installAndRun() {
  const project = emptyProject('empty', registry.npmrc);
  await must(project, 'npm', 'install', '@project-runner/runner', '@project-runner/cli');
  mkdirSync(join(project, 'hello'));
  writeFileSync(
    join(project, 'hello/package.json'),
    JSON.stringify({ name: 'hello', type: 'module', main: 'server.js' }),
  );
  writeFileSync(
    join(project, 'hello/server.js'),
    "import { createServer } from 'node:http';\ncreateServer((_, r) => r.end('hello from the registry')).listen(process.env.PORT, process.env.HOST);\n",
  );
  const said = await must(
    project,
    'npx',
    'project-runner',
    'up',
    'hello',
    '--once',
    '--request',
    '/',
    '--state-dir',
    'state',
  );
  if (!said.includes('hello from the registry')) throw new Error(`The server did not answer:\n${said}`);
}

/** All in one workspace, so that what they need in common is installed once. */
async function createPlugins() {
  const place = emptyProject('plugins', registry.npmrc, { workspaces: ['*'] });
  for (const kind of kinds)
    await must(
      place,
      'npm',
      'create',
      '--yes',
      'project-runner-plugin',
      kind,
      '--',
      '--kind',
      kind,
      '--name',
      'rehearsed',
    );
  // All else from where it always comes, and out of its cache.
  const npmrc = registry.npmrc.replace('registry=', '@project-runner:registry=');
  writeFileSync(join(place, '.npmrc'), npmrc);
  await must(place, 'npm', 'install');
  const tarballs = [];
  for (const kind of kinds) {
    const plugin = join(place, kind);
    for (const command of [['run', 'types'], ['test'], ['pack']]) await must(plugin, 'npm', ...command);
    tarballs.push(
      join(
        plugin,
        readdirSync(plugin).find((name) => name.endsWith('.tgz')),
      ),
    );
  }
  const user = emptyProject('user', npmrc);
  await must(user, 'npm', 'install', '@project-runner/runner', ...tarballs);
  const names = kinds.map((kind) => JSON.parse(readFileSync(join(place, kind, 'package.json'), 'utf8')).name);
  const script = `
    for (const name of ${JSON.stringify(names)}) {
      const plugin = Object.values(await import(name))[0]({ dir: '.' });
      console.log(plugin.kind + ':' + plugin.name + '@' + plugin.apiVersion);
    }`;
  const said = await must(user, 'node', '--input-type=module', '--eval', script);
  const expected = kinds.map((kind) => `${kind}:rehearsed@1`).join('\n');
  if (said.trim() !== expected)
    throw new Error(`The installed plugins should say\n${expected}\nand say\n${said}`);
  compileReadmes(user, names);
}

/** What the README of a package shows compiles for whoever has installed it. */
function compileReadmes(user, names) {
  const readmes = names.map((name) => `node_modules/${name}/README.md`);
  const blocks = readmes.map((file) => snippetsOf(readFileSync(join(user, file), 'utf8'), file));
  const empty = readmes.filter((_, i) => !blocks[i].some(({ language }) => language === 'ts'));
  const problems = compileSnippets(blocks.flat(), join(user, 'readmes'));
  for (const file of empty) problems.push(`${file} shows no TypeScript`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function emptyProject(name, npmrc, manifest = {}) {
  const project = join(dir, name);
  mkdirSync(project);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name, private: true, type: 'module', ...manifest }),
  );
  writeFileSync(join(project, '.npmrc'), npmrc);
  return project;
}

/** As the workflow asks for it: nobody here can vouch for the commit, so it has to be refused. */
async function refuseProvenance(cwd) {
  const vouching = { PNPM_CONFIG_PROVENANCE: 'true' };
  const { code, output } = await run('pnpm', ['publish', '--no-git-checks'], {
    cwd,
    env: { ...env, ...vouching, CI: '', GITHUB_ACTIONS: '', GITLAB_CI: '' },
    capture: true,
  });
  if (code === 0 || !/PROVENANCE/i.test(output))
    throw new Error(
      `Publishing with provenance should be refused outside of a CI that can vouch; it said\n${output}`,
    );
}

async function mustFail(cwd, pattern, file, ...args) {
  const { code, output } = await run(file, args, { cwd, env, capture: true });
  if (code === 0 || !pattern.test(output))
    throw new Error(
      `${file} ${args.join(' ')} should fail with ${pattern}; exit code ${code}, it said\n${output}`,
    );
}

/** What it printed. */
async function must(cwd, file, ...args) {
  // What npx has kept of an earlier rehearsal would be run in place of what was published now.
  const own = args[0] === 'create' ? { npm_config_cache: join(dir, 'npm-cache') } : {};
  const { code, stopped, output } = await run(file, args, { cwd, env: { ...env, ...own }, capture: true });
  if (stopped || code !== 0)
    throw new Error(`${file} ${args.join(' ')} failed with exit code ${code}:\n${output}`);
  return output;
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
