import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { folder, manifest, program, testConfig } from './explain.test-support.ts';
import { explainProject } from './explain-project.ts';

const path = (bin: string): string => `${bin}:${process.env.PATH}`;

it('tells an install that is skipped, and a package manager that is not needed then', async () => {
  const dir = folder({
    'package.json': manifest({ scripts: { start: 'node server.js' }, packageManager: 'npm@11.0.0' }),
    'server.js': '',
  });
  const ran = join(folder(), 'ran');
  const envVars = { PATH: path(program('npm', `touch ${ran}; echo 11.0.0`)) };
  const skipped = await explainProject(dir, testConfig(), { envVars, skipInstall: true });
  expect(skipped).toMatchObject({
    install: null,
    packageManager: { found: null, foundReason: expect.stringMatching(/^not needed: /) as string },
    problem: null,
  });
  expect(existsSync(ran)).toBe(false);
  const whole = await explainProject(dir, testConfig(), { envVars });
  expect(whole.packageManager).toMatchObject({ found: '11.0.0', foundReason: null });
  expect(whole.install).toMatchObject({ file: 'npm' });
});

it('finds what the script of a skipped install needs and is not there', async () => {
  const dir = folder({
    'package.json': manifest({
      scripts: { start: 'node server.js', build: 'true' },
      packageManager: 'yarn@4.1.0',
    }),
    'server.js': '',
  });
  const skipInstall = true;
  const none = await explainProject(dir, testConfig(), { envVars: { PATH: '/nowhere' }, skipInstall });
  expect(none).toMatchObject({
    packageManager: { foundReason: 'not there' },
    problem: { code: 'PACKAGE_MANAGER_NOT_INSTALLED' },
  });
  // It is there, and may well run the script.
  const PATH = path(program('yarn', 'exit 1'));
  expect(await explainProject(dir, testConfig(), { envVars: { PATH }, skipInstall })).toMatchObject({
    packageManager: { foundReason: 'there, and does not tell its version' },
    problem: null,
  });
});

const engines = (packageManager: unknown): object => ({ devEngines: { packageManager } });

it.each([
  { packageManager: 'yarn@^4.1.0' },
  { packageManager: 'yarn@4.1.0+sha224.953c8233' },
  { packageManager: 'yarn@4.1.0 || >=4.2' },
  { packageManager: 'yarn@>=4 <5' },
  engines({ name: 'yarn', version: '>=4 <5', onFail: 'ignore' }),
  engines([{ name: 'yarn', version: '4.1.0' }, { name: 'npm' }]),
  { packageManager: 'yarn@4.1.0', ...engines({ name: 'yarn', version: '^4', onFail: 'warn' }) },
])('asks as a build would where package.json says %j', async (fields) => {
  const seen = join(folder(), 'seen');
  // As corepack does: without such a field another version answers, which says nothing of the build.
  const script = `cat package.json > ${seen} || { echo 1.22.22; exit; }\necho 4.1.0`;
  const dir = folder({
    'package.json': manifest({ scripts: { start: 'node server.js' }, ...fields }),
    'server.js': '',
  });
  const envVars = { PATH: path(program('yarn', script)) };
  const found = await explainProject(dir, testConfig(), { envVars });
  expect(found).toMatchObject({ packageManager: { found: '4.1.0' }, problem: null });
  expect(JSON.parse(readFileSync(seen, 'utf8'))).toEqual(fields);
});

it('fails as the build would where corepack refuses a range, and says what it takes', async () => {
  const says =
    'Invalid package manager specification in package.json (yarn@^4.1.0); expected a semver version';
  const dir = folder({
    'package.json': manifest({ scripts: { start: 'node server.js' }, packageManager: 'yarn@^4.1.0' }),
    'server.js': '',
  });
  const envVars = { PATH: path(program('yarn', `grep -q '\\^' package.json && echo '${says}' && exit 1`)) };
  expect(await explainProject(dir, testConfig(), { envVars })).toMatchObject({
    packageManager: { found: null, foundReason: 'there, and does not tell its version' },
    problem: {
      message: expect.stringContaining(says) as string,
      hint: 'Corepack takes one exact version: write "packageManager": "yarn@<version>" into package.json',
    },
  });
});

it('tells the error of a package manager that crashes, not what Node prints below it', async () => {
  const crash = `
cat >&2 <<'END'
/corepack.cjs:21535
      throw new Error("Mismatch hashes");
            ^

Error: Mismatch hashes. Expected 953c, got 1a2b
    at installVersion (/corepack.cjs:21535:13)
    at async UsageError.load (/corepack.cjs:22176:27)

Node.js v24.1.0
END
exit 1`;
  const dir = folder({
    'package.json': manifest({
      scripts: { start: 'node server.js' },
      packageManager: 'yarn@4.1.0+sha224.953c',
    }),
    'server.js': '',
  });
  const { problem } = await explainProject(dir, testConfig(), {
    envVars: { PATH: path(program('yarn', crash)) },
  });
  expect(problem?.message).toMatch(/: Error: Mismatch hashes\. Expected 953c, got 1a2b$/);
});

const address = 'https://example.test/yarn.js';

it.each([
  { packageManager: `yarn@${address}` },
  { packageManager: `yarn@4.1.0 ${address}` },
  { packageManager: 'yarn@4.1.0', ...engines({ name: 'yarn', version: address }) },
  { packageManager: 'yarn@4.1.0', ...engines([{ name: 'yarn' }, { name: 'yarn', version: address }]) },
])('does not ask for what is named by an address, which asking would fetch and run: %j', async (fields) => {
  const ran = join(folder(), 'ran');
  const dir = folder({
    'package.json': manifest({
      scripts: { start: 'node server.js' },
      ...fields,
    }),
    'server.js': '',
  });
  const envVars = { PATH: path(program('yarn', `touch ${ran}; echo 4.1.0`)) };
  const found = await explainProject(dir, testConfig(), { envVars });
  expect(found.packageManager).toMatchObject({
    found: null,
    foundReason: 'not asked: package.json names an address, which only a build fetches',
  });
  expect(existsSync(ran)).toBe(false);
});

it('tells no password of an address that package.json names', async () => {
  const named = (packageManager: string): string =>
    folder({
      'package.json': manifest({ scripts: { start: 'node server.js' }, packageManager }),
      'server.js': '',
    });
  const bin = program('yarn', 'echo 4.1.0');
  const found = await explainProject(named('yarn@https://user:tok3n@example.test/yarn-9.js'), testConfig(), {
    envVars: { PATH: path(bin) },
  });
  expect(found.packageManager.wanted).toBe('https://example.test/yarn-9.js');
  expect(JSON.stringify(found)).not.toContain('tok3n');
  const unknown = await explainProject(named('https://user:tok3n@example.test/yarn.js'), testConfig()).catch(
    (error: Error) => error,
  );
  expect(unknown).toMatchObject({ code: 'PACKAGE_MANAGER_UNKNOWN' });
  expect((unknown as Error).message).toContain('asks for "https:…"');
});

it('runs nothing of a project that is hostile in every place it knows', async () => {
  const home = folder();
  const mark = join(home, 'ran');
  const evil = `require('node:fs').appendFileSync(${JSON.stringify(mark)}, 'x'); console.log('9.9.9');\n`;
  const dir = folder({
    'package.json': manifest({
      scripts: { start: 'node server.js', build: 'node evil.js', preinstall: 'node evil.js' },
      dependencies: { next: '16.0.0', evil: 'file:./evil' },
    }),
    'evil.js': evil,
    'server.js': evil,
    'next.config.js': evil,
    'astro.config.mjs': evil,
    'vite.config.ts': evil,
    '.pnpmfile.cjs': evil,
    '.npmrc': 'node-options=--require ./evil.js\nscript-shell=./evil.sh\n',
    '.env': 'NODE_OPTIONS=--require ./evil.js\n',
    '.yarnrc.yml': 'plugins:\n  - path: ./evil.js\n',
    '.yarn/plugins/evil.cjs': evil,
    'node_modules/next/package.json': '{ "name": "next", "main": "../../evil.js" }',
    'node_modules/.bin/npm': `#!/bin/sh\necho x >> ${mark}\n`,
    'package-lock.json': '{ "lockfileVersion": 3, "packages": {} }',
  });
  mkdirSync(join(dir, '.git/hooks'), { recursive: true });
  writeFileSync(join(dir, '.git/config'), `[core]\n\tfsmonitor = "echo x >> ${mark}"\n`);
  const found = await explainProject(dir, testConfig(), { secrets: { KEY: 'hush-key' } });
  expect(found.packageManager.name).toBe('npm');
  expect(existsSync(mark)).toBe(false);
  expect(JSON.stringify(found)).not.toContain('hush-key');
});
