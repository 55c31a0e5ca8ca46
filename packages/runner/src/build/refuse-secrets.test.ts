import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { BuildOptions, SecretsInOutput } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { projectRecord } from '../records.test-support.ts';
import { tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';

const token = 'tok_0123456789';
const stored = 'of-the-database';

/** Its build writes what it is given into its output, as a bundler does. */
const folder = (): string =>
  writeFiles(tempFolder(), {
    'package.json': { json: { scripts: { start: 'node dist/server.mjs', build: 'node build.mjs' } } },
    'build.mjs': `
      import { mkdirSync, writeFileSync } from 'node:fs';
      const { TOKEN, STORED, PLAIN } = process.env;
      mkdirSync('dist');
      writeFileSync('dist/server.mjs', JSON.stringify({ TOKEN, PLAIN }));
      writeFileSync('dist/' + STORED + '.txt', '');`,
    '.env': `TOKEN=${token}`,
  });

async function build(
  options: BuildOptions,
  secretsInOutput?: SecretsInOutput,
): Promise<{ errorMessage: string | null; text: string; hasRelease: boolean }> {
  const tester = testBuilder(secretsInOutput ? { secretsInOutput } : {});
  const variables = [
    { key: 'STORED', value: stored, isSecret: true },
    { key: 'PLAIN', value: 'of-no-interest' },
  ];
  const project = { ...projectRecord(folder()), envVars: variables as never };
  const all = { secrets: { TOKEN: token }, ...options };
  const { errorMessage, log, logs, logPath, id } = await tester.build('', all, { project });
  const text = [...log, logs, readFileSync(logPath ?? '', 'utf8'), errorMessage ?? ''].join('\n');
  expect(text).not.toContain(token);
  expect(text).not.toContain(stored);
  return {
    errorMessage,
    text,
    hasRelease: existsSync(join(tester.buildDir, project.id, `${id}.release.json`)),
  };
}

describe('secrets in the output of a build', () => {
  it('are told by file and variable', async () => {
    const { errorMessage, text, hasRelease } = await build({});
    expect([errorMessage, hasRelease]).toEqual([null, true]);
    expect(text).toContain('Warning: dist/server.mjs holds the value of TOKEN, which is secret');
    expect(text).toContain(`Warning: dist/${'*'.repeat(stored.length)}.txt holds the value of STORED`);
    expect(text).not.toContain('PLAIN');
    expect(text).not.toContain('.env');
  });

  it('fail the build where that is asked for', async () => {
    const { errorMessage, hasRelease } = await build({}, 'fail');
    expect(errorMessage).toMatch(
      /^The output holds values that are secret: dist\/\*+\.txt \(STORED\), dist\/server\.mjs \(TOKEN\)\. Let the/,
    );
    expect(hasRelease).toBe(false);
  });

  it('are not looked for where that is asked for, and the build’s own option wins', async () => {
    expect((await build({}, 'ignore')).text).not.toContain('Warning');
    expect((await build({ secretsInOutput: 'ignore' }, 'fail')).errorMessage).toBeNull();
    expect((await build({ secretsInOutput: 'fail' })).errorMessage).toContain('TOKEN');
  });

  it('that are not there are no reason to fail', async () => {
    const { errorMessage, hasRelease } = await build({ secrets: { OTHER: 'x-of-nobody' } }, 'fail');
    expect(errorMessage).toContain('STORED');
    expect(hasRelease).toBe(false);
    const { build: plain } = testBuilder({ secretsInOutput: 'fail' });
    expect((await plain(folder(), { secrets: { OTHER: 'x-of-nobody' } })).errorMessage).toBeNull();
  });

  it('are counted where they are many', async () => {
    const { build: many } = testBuilder();
    const dir = writeFiles(
      tempFolder(),
      Object.fromEntries([
        ['package.json', { json: { main: 'server.mjs' } }],
        ['server.mjs', ''],
        ...Array.from({ length: 30 }, (_, file) => [`${file}.txt`, token]),
      ]),
    );
    const { log } = await many(dir, { secrets: { TOKEN: token } });
    expect(log.filter((line) => line.startsWith('Warning'))).toHaveLength(21);
    expect(log).toContain('Warning: and 10 more like these');
  });

  it('refuse a policy that is none', async () => {
    const { build: other } = testBuilder();
    const { errorMessage } = await other(folder(), { secretsInOutput: 'yes' as never });
    expect(errorMessage).toContain('secretsInOutput: expected "warn", "fail" or "ignore", found "yes"');
  });
});

it('masks secrets in what the runner itself writes into the log, and in the error', async () => {
  const { build: tester } = testBuilder();
  const source = { getProjectPath: () => Promise.reject(new Error(`no access with ${token}`)) };
  const { errorMessage, logs } = await tester('', { secrets: { TOKEN: token } }, { source });
  expect(errorMessage).toContain(`no access with ${'*'.repeat(token.length)}`);
  expect(logs).not.toContain(token);
});
