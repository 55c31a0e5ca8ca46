import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Build } from '@project-runner/core';
import type { LocalProcessRunner } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { lockProject } from '../support/lock-project.ts';
import { packageManagerTools, pathWith } from '../support/package-manager-tools.ts';
import type { PackageManagerTool } from '../support/package-manager-tools.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';

const run = promisify(execFile);

const manifest = {
  name: 'real-project',
  version: '1.0.0',
  private: true,
  type: 'module',
  scripts: { build: 'tsc', start: 'node dist/index.js' },
  dependencies: { 'is-number': '7.0.0' },
  devDependencies: { typescript: '5.9.3' },
};

const files = {
  'package.json': { json: manifest },
  'tsconfig.json': {
    json: {
      compilerOptions: { outDir: 'dist', module: 'NodeNext', strict: false, types: [] },
      include: ['src'],
    },
  },
  'src/index.ts': `
    import isNumber from 'is-number';
    import { createServer } from 'node:http';
    createServer((_, response) => response.end(String(isNumber(5)))).listen(Number(process.env.PORT), process.env.HOST);
  `,
  'src/node.d.ts': "declare module 'node:http'; declare module 'is-number'; declare const process: any;",
};

/** A project with a lockfile that the tool itself made. */
async function lockedProject(tool: PackageManagerTool, extra = {}): Promise<string> {
  const dir = await writeFiles(tempFolder(), { ...files, ...extra });
  await lockProject(tool, dir);
  return dir;
}

async function build(
  runner: LocalProcessRunner,
  dir: string,
  path: string,
): Promise<{
  build: Build;
  log: string[];
  project: ReturnType<typeof projectRecord>;
  deployment: ReturnType<typeof deploymentRecord>;
}> {
  const project = projectRecord(dir);
  const deployment = deploymentRecord(project);
  const log: string[] = [];
  const result = await runner.build(
    project,
    buildRecord(deployment),
    { envVars: { PATH: path, NODE_ENV: 'production' } },
    (line) => log.push(line),
  );
  return { build: result, log, project, deployment };
}

describe.each(packageManagerTools)('$name $version', (tool) => {
  it('installs from the lockfile, devDependencies included, builds and serves', async () => {
    const { runner } = testRunner();
    const path = pathWith(tool);
    const dir = await lockedProject(tool);
    const before = await readFile(join(dir, 'package.json'), 'utf8');
    const { build: result, log, project, deployment } = await build(runner, dir, path);
    expect(result.errorMessage, log.join('\n')).toBeNull();
    expect(log).toContain(`Detected package manager: ${tool.name}`);
    expect(log.join('\n')).toMatch(
      new RegExp(
        `Installing dependencies with ${tool.name} ${tool.version.replaceAll('.', '\\.')} \\(frozen, ${tool.lockfile}\\)`,
      ),
    );
    const server = await runner.deploy(project, deployment, result);
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('true');
    expect(await readFile(join(dir, 'package.json'), 'utf8')).toBe(before);
    await expect(access(join(dir, 'dist'))).rejects.toThrow();
  });

  it('names the command that mends a stale lockfile', async () => {
    const { runner } = testRunner();
    const path = pathWith(tool);
    const dir = await lockedProject(tool);
    await writeFiles(dir, {
      'package.json': { json: { ...manifest, dependencies: { 'is-number': '6.0.0' } } },
    });
    const { build: result, log } = await build(runner, dir, path);
    expect(result.status).toBe('failed');
    expect(result.errorMessage, log.join('\n')).toMatch(
      new RegExp(
        `Dependency installation failed: ${tool.lockfile} does not fit package.json.*Run \`${tool.name} install`,
      ),
    );
  });
});

describe('a manager that is not there', () => {
  it('is named with the version that the project asks for', async () => {
    const { runner } = testRunner();
    const dir = await writeFiles(tempFolder(), {
      'package.json': { json: { ...manifest, packageManager: 'bun@1.4.5' } },
    });
    const { build: result } = await build(runner, dir, '/nowhere');
    expect(result.errorMessage).toMatch(/uses bun 1\.4\.5 and there is no bun on PATH.*Install bun 1\.4\.5/);
  });
});

describe('a member of a workspace', () => {
  it('is installed at the root and built in its folder', async () => {
    const { runner } = testRunner();
    const path = process.env.PATH ?? '';
    const root = await writeFiles(tempFolder(), {
      'package.json': { json: { name: 'root', private: true } },
      'pnpm-workspace.yaml': 'packages:\n  - apps/*\n  - libs/*\n',
      'libs/greet/package.json': {
        json: { name: 'greet', version: '1.0.0', type: 'module', main: 'index.js' },
      },
      'libs/greet/index.js': 'export const greet = () => "hi from the library";',
      'apps/web/package.json': {
        json: {
          name: 'web',
          type: 'module',
          scripts: { start: 'node server.js' },
          dependencies: { greet: 'workspace:*' },
        },
      },
      'apps/web/server.js': `
        import { greet } from 'greet';
        import { createServer } from 'node:http';
        createServer((_, response) => response.end(greet())).listen(process.env.PORT, process.env.HOST);
      `,
    });
    await run('pnpm', ['install', '--lockfile-only'], { cwd: root, env: { ...process.env, PATH: path } });
    const { build: result, log, project, deployment } = await build(runner, join(root, 'apps/web'), path);
    expect(result.errorMessage, log.join('\n')).toBeNull();
    const server = await runner.deploy(project, deployment, result);
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('hi from the library');
  });
});
