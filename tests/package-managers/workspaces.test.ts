import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Build, Project } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { lockProject } from '../support/lock-project.ts';
import { packageManagerTools, pathWith, toolsOf } from '../support/package-manager-tools.ts';
import type { PackageManagerTool } from '../support/package-manager-tools.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';
import type { TestRunner } from '../support/test-runner.ts';

type Files = Parameters<typeof writeFiles>[1];

/** Writes `dist/index.js` from its own dependencies, and says with what. */
const compile = `
  const { mkdirSync, writeFileSync } = require('node:fs');
  const { name, dependencies = {} } = require(process.cwd() + '/package.json');
  const parts = Object.keys(dependencies).filter((key) => key.startsWith('@acme/'))
    .map((key) => require(require.resolve(key, { paths: [process.cwd()] })));
  mkdirSync('dist');
  const text = [name, process.env.GREETING, ...parts].join(' ');
  writeFileSync('dist/index.js', 'module.exports = ' + JSON.stringify(text));
  console.log('compiled', text);`;

/** `web` needs `ui`, which needs `data`; nobody needs `other`, whose build and install fail. */
function workspaceFiles({ name, version }: PackageManagerTool, more: Files = {}): Files {
  const range = name === 'npm' || version.startsWith('1.2') ? '*' : 'workspace:*';
  const compiled = {
    version: '1.0.0',
    main: 'dist/index.js',
    scripts: { build: 'node ../../tools/compile.cjs' },
  };
  const patterns = ['apps/*', 'libs/*'];
  return {
    'package.json': {
      json: {
        name: 'root',
        private: true,
        packageManager: `${name}@${version}`,
        ...(name === 'pnpm' ? {} : { workspaces: patterns }),
      },
    },
    ...(name === 'pnpm' ? { 'pnpm-workspace.yaml': `packages:\n  - ${patterns.join('\n  - ')}\n` } : {}),
    'tools/compile.cjs': compile,
    'libs/data/package.json': { json: { name: '@acme/data', ...compiled } },
    'libs/data/dist/index.js': 'module.exports = "stale"',
    'libs/ui/package.json': {
      json: { name: '@acme/ui', ...compiled, dependencies: { '@acme/data': range, 'is-number': '7.0.0' } },
    },
    'apps/web/package.json': {
      json: {
        name: 'web',
        version: '1.0.0',
        scripts: { build: 'node ../../tools/compile.cjs', start: 'node server.cjs' },
        dependencies: { '@acme/ui': range },
      },
    },
    'apps/web/server.cjs': `
      const text = require('./dist/index.js');
      require('node:http').createServer((_, response) => response.end(text)).listen(process.env.PORT, process.env.HOST);`,
    'apps/other/package.json': {
      json: {
        name: 'other',
        version: '1.0.0',
        scripts: { build: 'exit 1', postinstall: 'exit 1' },
        dependencies: { '@acme/ui': range, 'is-odd': '3.0.1' },
      },
    },
    'apps/other/large.bin': 'x',
    ...more,
  };
}

interface Built {
  build: Build;
  project: Project;
  release: string;
  /** What the deployed server says. */
  serve(): Promise<string>;
}

async function build({ runner, config }: TestRunner, tool: PackageManagerTool, dir: string): Promise<Built> {
  const project = projectRecord(dir);
  const deployment = deploymentRecord(project);
  const done = await runner.build(project, buildRecord(deployment), {
    envVars: { PATH: pathWith(tool), GREETING: 'hello' },
  });
  return {
    build: done,
    project,
    release: join(config.buildDir ?? '', project.id, done.id),
    async serve() {
      const { host, port } = await runner.deploy(project, deployment, done);
      return (await fetch(`http://${host}:${port}/`)).text();
    },
  };
}

async function lockedWorkspace(tool: PackageManagerTool, more: Files = {}): Promise<string> {
  const root = await writeFiles(tempFolder(), workspaceFiles(tool, more));
  await lockProject(tool, root);
  await rm(join(root, 'node_modules'), { recursive: true, force: true });
  return root;
}

describe.each(packageManagerTools)('a workspace of $name $version', (tool) => {
  it('has what a project needs built before it, and nothing else copied, installed or run', async () => {
    const test = testRunner({ allowInstallScripts: true });
    const root = await lockedWorkspace(tool);
    const { build: done, release, serve } = await build(test, tool, join(root, 'apps/web'));
    expect(done.errorMessage, done.logs).toBeNull();
    expect(done.logs).toContain('Left out, since the project does not depend on it: apps/other');
    expect(done.logs).toContain(`(frozen, ${tool.lockfile})`);
    const compiled = [...done.logs.matchAll(/^compiled (.*)$/gm)].map((match) => match[1]);
    const text = 'web hello @acme/ui hello @acme/data hello';
    expect(compiled).toEqual(['@acme/data hello', '@acme/ui hello @acme/data hello', text]);
    expect(existsSync(join(release, 'apps/other/large.bin'))).toBe(false);
    // Yarn 4 compares all manifests with its lockfile, so there they are, and what they name.
    const hasStub = tool.name === 'yarn' && tool.version.startsWith('4.');
    expect(existsSync(join(release, 'apps/other/package.json'))).toBe(hasStub);
    expect(existsSync(join(release, 'node_modules/is-odd'))).toBe(hasStub);
    expect(await serve()).toBe(text);
    expect(existsSync(join(root, 'apps/web/dist'))).toBe(false);
  });

  it('names the package whose build fails', async () => {
    const files = workspaceFiles(tool);
    const broken = { json: { name: '@acme/data', version: '1.0.0', scripts: { build: 'exit 7' } } };
    const root = await writeFiles(tempFolder(), { ...files, 'libs/data/package.json': broken });
    await lockProject(tool, root);
    const { build: done } = await build(testRunner(), tool, join(root, 'apps/web'));
    expect(done.errorMessage, done.logs).toMatch(/Build failed with exit code \d+ in libs\/data/);
    expect(done.logs).toContain('Building libs/data, which the project depends on');
  });
});

const withTurbo = [
  ...toolsOf('npm', 11),
  ...toolsOf('pnpm', 12),
  ...toolsOf('yarn', 1),
  ...toolsOf('yarn', 4),
  ...toolsOf('bun'),
];

/**
 * turbo names a package for each platform, and a registry may not have them all: npm and Yarn fail then. They get the one
 * of this repository.
 */
const turboOf = ({ name }: PackageManagerTool): { range: string; files: Files } =>
  name === 'pnpm' || name === 'bun'
    ? { range: '2.11.11', files: {} }
    : {
        range: 'file:./tools/turbo',
        files: {
          'tools/turbo/package.json': {
            json: { name: 'turbo', version: '2.11.11', bin: { turbo: 'bin/turbo' } },
          },
          'tools/turbo/bin/turbo': `#!/usr/bin/env node\nrequire(${JSON.stringify(ownTurbo)});\n`,
        },
      };

const ownTurbo = realpathSync(fileURLToPath(new URL('../../node_modules/turbo/bin/turbo', import.meta.url)));

describe.each(withTurbo)('a workspace of $name $version with turbo', (tool) => {
  it('is built by turbo, with the variables of the build and without its cache', async () => {
    const test = testRunner();
    const files = workspaceFiles(tool);
    const { json } = files['package.json'] as { json: object };
    const turbo = turboOf(tool);
    const root = await lockedWorkspace(tool, {
      ...turbo.files,
      'package.json': { json: { ...json, devDependencies: { turbo: turbo.range } } },
      'turbo.json': `{
        // The project's own tasks come first, too.
        "tasks": { "build": { "dependsOn": ["codegen", "^build"], "outputs": ["dist/**"] }, "codegen": {} }
      }`,
      'apps/web/package.json': {
        json: {
          ...(files['apps/web/package.json'] as { json: object }).json,
          scripts: {
            codegen: `node -e "console.log('codegen with', process.env.GREETING)"`,
            build: 'node ../../tools/compile.cjs',
            start: 'node server.cjs',
          },
        },
      },
    });
    const { build: done, release, serve } = await build(test, tool, join(root, 'apps/web'));
    expect(done.errorMessage, done.logs).toBeNull();
    expect(done.logs).toContain('run build --filter={./apps/web}...');
    expect(done.logs).toContain('codegen with hello');
    expect(done.logs).not.toContain('other:build');
    expect(existsSync(join(release, '.turbo/cache'))).toBe(false);
    expect(existsSync(join(release, 'node_modules/.cache/turbo'))).toBe(false);
    expect(await serve()).toBe('web hello @acme/ui hello @acme/data hello');
  });
});

it('has its dependencies built where nothing is installed, too', async () => {
  const [tool] = toolsOf('npm', 11);
  if (!tool) throw new Error('no npm 11');
  const test = testRunner();
  const files = workspaceFiles(tool);
  const root = await writeFiles(tempFolder(), {
    ...files,
    'node_modules/@acme/ui': { link: '../../libs/ui' },
    'node_modules/@acme/data': { link: '../../libs/data' },
  });
  await rm(join(root, 'libs/data/dist'), { recursive: true });
  const project = projectRecord(join(root, 'apps/web'));
  const done = await test.runner.build(project, buildRecord(deploymentRecord(project)), {
    skipInstall: true,
    envVars: { GREETING: 'again' },
  });
  expect(done.errorMessage, done.logs).toBeNull();
  expect(done.logs).toContain('compiled web again @acme/ui again @acme/data again');
  // Nobody can tell what of it the installed packages need.
  expect(done.logs).not.toContain('Left out');
});
