import {
  appendFileSync,
  cpSync,
  existsSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Build, BuildOptions, Deployment, Project } from '@project-runner/core';
import type { LocalProcessRunner } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { lockProject } from '../support/lock-project.ts';
import { packageManagerTools, pathWith, toolsOf } from '../support/package-manager-tools.ts';
import type { PackageManagerTool } from '../support/package-manager-tools.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';

const manifest = {
  name: 'real-project',
  version: '1.0.0',
  private: true,
  type: 'module',
  scripts: { build: 'tsc', start: 'node dist/index.js' },
  dependencies: { 'is-number': '7.0.0' },
  devDependencies: { typescript: '5.9.3' },
};

const source = (text: string): string => `
import isNumber from 'is-number';
import { createServer } from 'node:http';
const text: string = ${text};
createServer((_, response) => response.end(text + isNumber(5))).listen(Number(process.env.PORT), process.env.HOST);
`;

interface Shop {
  dir: string;
  runner: LocalProcessRunner;
  project: Project;
  deployment: Deployment;
  buildDir: string;
  build(options?: BuildOptions): Promise<Build & { log: string[] }>;
  /** What its server says. */
  ask(build: Build): Promise<string>;
}

async function shop(tool: PackageManagerTool): Promise<Shop> {
  const dir = await writeFiles(tempFolder(), {
    'package.json': { json: manifest },
    'tsconfig.json': {
      json: { compilerOptions: { outDir: 'dist', module: 'NodeNext', types: [] }, include: ['src'] },
    },
    'src/index.ts': source('"one "'),
    'src/node.d.ts': "declare module 'node:http'; declare module 'is-number'; declare const process: any;",
  });
  await lockProject(tool, dir);
  const { runner, config } = testRunner();
  const project = projectRecord(dir);
  const deployment = deploymentRecord(project);
  const envVars = { PATH: pathWith(tool) };
  return {
    dir,
    runner,
    project,
    deployment,
    buildDir: config.buildDir ?? '',
    async build(options = {}) {
      const log: string[] = [];
      const result = await runner.build(project, buildRecord(deployment), { envVars, ...options }, (line) =>
        log.push(line),
      );
      return { ...result, log };
    },
    async ask(build) {
      const server = await runner.deploy(project, deployment, build);
      return (await fetch(`http://127.0.0.1:${server.port}/`)).text();
    },
  };
}

const installed = ({ log }: { log: string[] }): boolean =>
  log.some((line) => line.startsWith('Installing dependencies'));
const built = ({ log }: { log: string[] }): boolean => log.some((line) => line.startsWith('Building: '));
const ok = (build: Build & { log: string[] }): void =>
  expect(build.errorMessage, build.log.join('\n')).toBeNull();

describe.each(packageManagerTools)('$name $version', (tool) => {
  it('runs not at all for the same source, and installs nothing for another one', async () => {
    const { build, ask, dir } = await shop(tool);
    const first = await build();
    ok(first);
    expect([installed(first), built(first)]).toEqual([true, true]);
    expect(await ask(first)).toBe('one true');
    const same = await build();
    ok(same);
    expect([installed(same), built(same)]).toEqual([false, false]);
    expect(await ask(same)).toBe('one true');

    writeFileSync(join(dir, 'src/index.ts'), source('12'));
    const wrong = await build();
    expect(wrong.errorMessage).toMatch(/Build failed with exit code [12]/);
    expect(installed(wrong)).toBe(false);

    writeFileSync(join(dir, 'src/index.ts'), source('"two "'));
    writeFileSync(
      join(dir, 'package.json'),
      JSON.stringify({ ...manifest, description: 'another one' }, null, 2),
    );
    const next = await build();
    ok(next);
    expect([installed(next), built(next)], next.log.join('\n')).toEqual([false, true]);
    expect(next.log).toContain('Not cached: file changed: package.json, src/index.ts');
    expect(await ask(next)).toBe('two true');
  });
});

describe.each([toolsOf('npm', 12), toolsOf('pnpm', 12)].flat())('dependencies by $name $version', (tool) => {
  it('are installed again when one of their files was changed, the manifest was, or that is asked for', async () => {
    const { build, dir, project, buildDir, ask } = await shop(tool);
    const first = await build();
    const file = join(buildDir, project.id, first.id, 'node_modules/is-number/index.js');
    // Not in place: pnpm has the file in its store, too.
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    writeFileSync(file, `${text}// changed`);
    writeFileSync(join(dir, 'src/index.ts'), source('"two "'));
    const second = await build();
    ok(second);
    expect(installed(second)).toBe(true);
    expect(second.log.join('\n')).toMatch(/Warning: the dependencies kept of build .* are dropped/);
    expect(await ask(second)).toBe('two true');

    const anew = await build({ cache: false });
    expect([installed(anew), built(anew)]).toEqual([true, true]);

    writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...manifest, version: '2.0.0' }, null, 2));
    expect(installed(await build())).toBe(true);
  });

  it('stay after a build that failed, for the one that mends it', async () => {
    const { build, dir, ask } = await shop(tool);
    writeFileSync(join(dir, 'src/index.ts'), source('12'));
    const failed = await build();
    expect([failed.status, installed(failed)]).toEqual(['failed', true]);
    writeFileSync(join(dir, 'src/index.ts'), source('"mended "'));
    const mended = await build();
    ok(mended);
    expect(installed(mended)).toBe(false);
    expect(await ask(mended)).toBe('mended true');
  });
});

describe('releases', () => {
  it('can be deployed again and gone back to, without a build', async () => {
    const { build, ask, dir, runner, project, deployment, buildDir } = await shop(
      toolsOf('pnpm', 12)[0] as PackageManagerTool,
    );
    const builds: Build[] = [];
    for (const text of ['one', 'two', 'three']) {
      writeFileSync(join(dir, 'src/index.ts'), source(JSON.stringify(text)));
      const result = await build();
      ok(result);
      expect(await ask(result)).toBe(`${text}true`);
      builds.push(result);
    }
    for (const text of ['two', 'one']) {
      const { port, buildId } = await runner.rollback(project, deployment);
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe(`${text}true`);
      const releases = await runner.listReleases(project);
      expect(releases.filter(({ inUse }) => inUse).map((release) => release.buildId)).toContain(buildId);
    }
    await expect(runner.rollback(project, deployment)).rejects.toMatchObject({ code: 'RELEASE_MISSING' });
    expect(await ask(builds[2] as Build)).toBe('threetrue');
    expect(existsSync(join(buildDir, '.cache/deployments', project.id, `${deployment.id}.json`))).toBe(true);
  });
});

describe('the Mastra example', () => {
  it('is built once, shared by deployments, and built again without an install', async () => {
    const dir = tempFolder();
    cpSync(fileURLToPath(new URL('../../examples/mastra-hello', import.meta.url)), dir, {
      recursive: true,
      filter: (path) => !/node_modules|\.mastra/.test(path),
    });
    const { runner, config } = testRunner();
    const project = projectRecord(dir);
    const build = async (deployment: Deployment): Promise<Build & { log: string[] }> => {
      const log: string[] = [];
      const result = await runner.build(project, buildRecord(deployment), {}, (line) => log.push(line));
      expect(result.errorMessage, log.slice(-30).join('\n')).toBeNull();
      return { ...result, log };
    };
    const [production, staging] = [deploymentRecord(project), deploymentRecord(project)];
    const first = await build(production);
    const server = await runner.deploy(project, production, first);
    const same = await build(staging);
    expect([installed(same), built(same)]).toEqual([false, false]);
    // Its servers run in their data folders, so they may have one release in common, also while one of them runs.
    const folder = join(config.buildDir ?? '', project.id);
    expect(realpathSync(join(folder, same.id))).toBe(realpathSync(join(folder, first.id)));
    const other = await runner.deploy(project, staging, same);
    for (const { port } of [server, other]) {
      const answer = await fetch(`http://127.0.0.1:${port}/hello?name=Ada`);
      expect(await answer.json()).toEqual({ message: 'Hello, Ada' });
    }
    appendFileSync(join(dir, 'src/mastra/index.ts'), '\n// changed\n');
    const next = await build(production);
    expect([installed(next), built(next)]).toEqual([false, true]);
    // The bundle needs the same packages as before, so the install of `mastra build` itself is left out, too.
    expect(next.log).toContain(
      `The dependencies in .mastra/output are those of build ${first.id}: nothing was installed`,
    );
    const { port } = await runner.deploy(project, production, next);
    expect((await fetch(`http://127.0.0.1:${port}/hello?name=Ada`)).status).toBe(200);
  });
});
