import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { JobSpec } from '../job-spec.ts';
import { readSpec } from './read-spec.ts';

function specFile(name: string, text: string): { dir: string; file: string } {
  const dir = mkdtempSync(join(tmpdir(), 'spec-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, name), text);
  return { dir, file: join(dir, name) };
}

async function problem(spec: JobSpec | string, cwd?: string): Promise<string> {
  const error: unknown = await readSpec(spec, cwd).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  return (error as Error).message;
}

describe('readSpec', () => {
  it('fills in what an object does not say, and leaves the object as it was', async () => {
    const spec = Object.freeze({ command: Object.freeze(['node', 'a b.js']) });
    expect(await readSpec(spec, '/work')).toEqual({
      name: 'job',
      argv: ['node', 'a b.js'],
      env: {},
      cwd: '/work',
      limits: {},
      retries: 0,
      isolate: false,
      inputVariables: [],
    });
  });

  it('reads YAML: the name is the file, folders are relative to it, values of variables are text', async () => {
    const { dir, file } = specFile(
      'nightly report.yaml',
      [
        'command: node "my job.js" --all',
        'cwd: work',
        'env: { PORT: 8080, DEBUG: true, EMPTY: "" }',
        'limits:',
        '  cpus: 0.5',
        '  memoryBytes: 268435456',
        '  timeSeconds: 60',
        'retries: 2',
        'isolate: true',
        'inputVariables: BZZZ_INPUT',
      ].join('\n'),
    );
    expect(await readSpec(file)).toEqual({
      name: 'nightly-report',
      argv: ['node', 'my job.js', '--all'],
      env: { PORT: '8080', DEBUG: 'true', EMPTY: '' },
      cwd: join(dir, 'work'),
      limits: { cpus: 0.5, memoryBytes: 268_435_456, timeSeconds: 60 },
      retries: 2,
      isolate: true,
      inputVariables: ['BZZZ_INPUT'],
    });
  });

  it('reads JSON, indented by tabs, too', async () => {
    const { file } = specFile('job.json', '{\n\t"name": "x",\n\t"command": ["true"]\n}\n');
    expect(await readSpec(file)).toMatchObject({ name: 'x', argv: ['true'] });
  });

  it.each([
    ['no command', 'name: x\n', /job\.yaml:1:1: command: expected a command such as .*; found nothing$/],
    ['an empty command', 'command: ""\n', /job\.yaml:1:1: command: expected a command .*; found ""$/],
    ['an empty list', 'command: []\n', /command: expected a command/],
    ['a number as a word', 'command: [sleep, 3]\n', /command: expected a command .*found \["sleep",3\]$/],
    [
      'an open quote',
      'name: x\ncommand: a "b\n',
      /job\.yaml:2:1: command: .* a quote is never closed; found/,
    ],
    ['an unknown key', 'command: a\ncomand: b\n', /job\.yaml:2:1: comand: unknown key; the keys are name,/],
    ['a wrong limit', 'command: a\nlimits:\n  cpus: many\n', /job\.yaml:3:3: limits\.cpus: .*found "many"$/],
    ['an unknown limit', 'command: a\nlimits: { ram: 1 }\n', /job\.yaml:2:11: limits\.ram: unknown key/],
    [
      'too long a time',
      'command: a\nlimits: { timeSeconds: 3e9 }\n',
      /limits\.timeSeconds: expected seconds/,
    ],
    ['a variable that is a list', 'command: a\nenv:\n  A: [1]\n', /job\.yaml:3:3: env\.A: expected a text/],
    ['no variable name', 'command: a\nenv: { "A=B": 1 }\n', /env\.A=B: expected the name of a variable/],
    [
      'half a retry',
      'command: a\nretries: 0.5\n',
      /retries: expected a whole number from 0 to 100; found 0.5/,
    ],
    ['a name that is a path', 'name: ../x\ncommand: a\n', /job\.yaml:1:1: name: expected letters/],
    ['isolate: maybe', 'command: a\nisolate: maybe\n', /job\.yaml:2:1: isolate: expected true or false/],
    ['a list', '- a\n', /job\.yaml:1:1: expected a job: an object with a command; found \["a"\]$/],
    ['nothing', '', /expected a job: an object with a command; found null/],
    ['broken YAML', 'command: [a\nname: b\n', /job\.yaml:2:1: Flow sequence/],
    ['a key twice', 'command: a\ncommand: b\n', /job\.yaml:2:1: Map keys must be unique/],
    [
      'too many aliases',
      `a: &a [${'x,'.repeat(99)}]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]\n`,
      /alias/i,
    ],
  ])('refuses %s, with the place', async (_, text, message) => {
    const { file } = specFile('job.yaml', text);
    expect(await problem(file)).toMatch(message);
  });

  it('refuses broken JSON and a file that is not there', async () => {
    const { dir, file } = specFile('job.json', '{\n  "command": "a",\n}}');
    expect(await problem(file)).toMatch(/job\.json:3:2: /);
    expect(await problem('none.yaml', dir)).toMatch(/none\.yaml: there is no such file$/);
  });

  it('has a hint for a command that YAML takes for a key', async () => {
    const { file } = specFile('job.yaml', 'command: node -p "{ a: 1 }"\n');
    await expect(readSpec(file)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('command: >-') as string,
    });
  });

  it('never tells the value of a variable', async () => {
    for (const value of ['hush\0', ['hush'], { hush: 1 }]) {
      const text = await problem({ command: 'a', env: { TOKEN: value as string } });
      expect(text).toMatch(/^env\.TOKEN: expected a text/);
      expect(text).not.toContain('hush');
    }
  });

  it('names the key of an object', async () => {
    expect(await problem({ command: 'a', limits: { cpus: -1 } })).toMatch(/^limits\.cpus: expected cores/);
    expect(await problem({} as JobSpec)).toMatch(/^command: expected/);
  });
});
