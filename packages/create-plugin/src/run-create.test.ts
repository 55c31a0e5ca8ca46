import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { runCreate } from './run-create.ts';
import type { CreateIo } from './run-create.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'run-create-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Desk {
  code: Promise<number>;
  input: PassThrough;
  text: (stream: 'output' | 'error') => string;
  /** Resolves when this was shown. */
  shown(text: string): Promise<void>;
}

function start(argv: readonly string[], interactive = false): Desk {
  const io = { input: new PassThrough(), output: new PassThrough(), error: new PassThrough() };
  const seen = { output: '', error: '' };
  const waiting = new Set<() => void>();
  for (const stream of ['output', 'error'] as const)
    io[stream].on('data', (chunk: Buffer) => {
      seen[stream] += chunk.toString();
      for (const look of waiting) look();
    });
  const shown = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (seen.output.includes(text) && resolve());
      waiting.add(look);
      look();
    });
  const code = runCreate(argv, { ...io, interactive } satisfies CreateIo);
  return { code, input: io.input, text: (stream) => seen[stream], shown };
}

it('writes what the options say, and tells what to do next', async () => {
  const made = join(dir, 'new folder');
  const { code, text } = start([made, '--kind', 'log-sink', '--name', 'loki', '--author', 'Ada']);
  expect(await code).toBe(0);
  expect(text('output')).toContain('project-runner-plugin-logs-loki is in ');
  expect(text('output')).toContain('  src/loki-sink.ts\n');
  expect(text('output')).toMatch(/cd ".*new folder"\n {2}npm install\n {2}npm test\n/);
  expect(readFileSync(join(made, 'LICENSE'), 'utf8')).toContain('Ada');
});

it('asks for kind and name, and says what is wrong with a name', async () => {
  const made = join(dir, 'asked');
  const { code, input, shown } = start([made], true);
  await shown('What kind of plugin?');
  input.write('\u001B[B');
  input.write('\r');
  await shown('project-runner-plugin-health-');
  input.write('Redis\r');
  await shown('small letters');
  input.write('\u007F'.repeat(5));
  input.write('redis\r');
  expect(await code).toBe(0);
  expect(readdirSync(join(made, 'src'))).toContain('redis-probe.ts');
});

it('asks only for what is missing, and writes nothing when the user gives up', async () => {
  const made = join(dir, 'given-up');
  const { code, input, shown } = start([made, '--kind', 'framework'], true);
  await shown('project-runner-plugin-framework-');
  input.write('\u0003');
  expect(await code).toBe(130);
  expect(readdirSync(dir)).toEqual([]);
});

it.each([
  [
    ['--kind', 'log-sink'],
    /^Nobody is there to be asked: give --name\nFor example: npm create project-runner-plugin my-folder -- --kind /,
  ],
  [[], /give --kind and --name/],
  [['--kind', 'sink', '--name', 'x'], /Allowed choices are package-manager, health-probe/],
  [['--kind', 'log-sink', '--name', 'X'], /small letters/],
  [['--nmae', 'x'], /unknown option '--nmae'.*\(Did you mean --name\?\)/s],
  [['a', 'b', '--kind', 'log-sink', '--name', 'x'], /too many arguments/],
])('%j is wrong usage', async (argv, message) => {
  const { code, text } = start(argv);
  expect(await code).toBe(2);
  expect(text('error')).toMatch(message);
  expect(text('output')).toBe('');
});

it('shows help and version', async () => {
  const help = start(['--help']);
  expect(await help.code).toBe(0);
  expect(help.text('output')).toContain('Usage: create-project-runner-plugin');
  const version = start(['-v']);
  expect(await version.code).toBe(0);
  expect(version.text('output')).toMatch(/^\d+\.\d+\.\d+/);
});
