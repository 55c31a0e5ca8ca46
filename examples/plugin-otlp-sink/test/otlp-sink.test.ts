import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { otlpSink } from '../src/index.ts';
import type { OtlpSinkOptions } from '../src/index.ts';
import { startCollector } from './collector.ts';
import type { Collector } from './collector.ts';
import { batch, session } from './log.ts';

async function started(t: TestContext): Promise<Collector> {
  const collector = await startCollector();
  t.after(() => collector.close());
  return collector;
}

it('sends text, time, severity, stream and number of each line, and whose it is', async (t) => {
  const { url, records, requests } = await started(t);
  const writer = await otlpSink({
    url,
    headers: { authorization: 'Bearer x' },
    serviceName: 'shop',
    resource: { 'deployment.environment.name': 'staging' },
  }).open(session);
  await writer.write(batch(1, ['héllo ✓', '']));
  await writer.write(batch(3, ['oh no'], { stream: 'stderr' }));
  await writer.close();
  assert.deepEqual(
    records().map(({ text, severity, attributes }) => [text, severity, attributes]),
    [
      ['héllo ✓', '9 INFO', { 'log.iostream': 'stdout', 'project_runner.sequence': 1 }],
      ['', '9 INFO', { 'log.iostream': 'stdout', 'project_runner.sequence': 2 }],
      ['oh no', '17 ERROR', { 'log.iostream': 'stderr', 'project_runner.sequence': 3 }],
    ],
  );
  const [first] = records();
  assert.equal(first?.time, '2026-01-23T12:00:00.123Z');
  assert.equal(first.scope, 'project-runner');
  const expected = {
    'service.name': 'shop',
    'service.instance.id': session.serverId,
    'project_runner.deployment.id': session.deploymentId,
    'project_runner.project.id': session.projectId,
    'project_runner.build.id': session.buildId,
    'deployment.environment.name': 'staging',
  };
  for (const [key, value] of Object.entries(expected)) assert.equal(first.resource[key], value);
  assert.equal(requests[0]?.headers.authorization, 'Bearer x');
});

it('marks a line that goes on, and leaves it to nobody to guess', async (t) => {
  const { url, records } = await started(t);
  const writer = await otlpSink({ url }).open(session);
  const partial = { lines: () => [{ text: 'whole' }, { text: 'begin', partial: true }] };
  await writer.write(batch(1, ['whole', 'begin'], { ...partial, partial: true }));
  await writer.close();
  assert.deepEqual(
    records().map(({ attributes }) => attributes['project_runner.partial']),
    [undefined, true],
  );
});

it('write settles when the collector has taken the lines, in requests of a bounded size', async (t) => {
  const { url, records, requests } = await started(t);
  const writer = await otlpSink({ url, maxRecords: 10 }).open(session);
  const lines = Array.from({ length: 25 }, (_, index) => `line ${index}`);
  await writer.write(batch(1, lines));
  assert.deepEqual(
    requests.map((request) => request.records.length),
    [10, 10, 5],
  );
  assert.deepEqual(
    records().map(({ text }) => text),
    lines,
  );
  await writer.close();
});

it('tries again what a busy collector puts off', async (t) => {
  const { url, records, answers } = await started(t);
  answers.push((response) => response.writeHead(503, { 'retry-after': '0' }).end());
  const writer = await otlpSink({ url }).open(session);
  await writer.write(batch(1, ['one']));
  await writer.close();
  assert.deepEqual(
    records().map(({ text }) => text),
    ['one'],
  );
});

it('write rejects with the status when the collector refuses, and the next one is taken', async (t) => {
  const { url, records, answers } = await started(t);
  answers.push((response) => response.writeHead(401).end('no'));
  const writer = await otlpSink({ url }).open(session);
  await assert.rejects(async () => writer.write(batch(1, ['lost'])), /did not take 1 records: 401/);
  await writer.write(batch(2, ['two']));
  await writer.close();
  assert.deepEqual(
    records().map(({ text }) => text),
    ['two'],
  );
});

it('write rejects where the collector is not there, and where it does not answer', async (t) => {
  const gone = await startCollector();
  await gone.close();
  const writer = await otlpSink({ url: gone.url, timeoutMs: 200 }).open(session);
  await assert.rejects(async () => writer.write(batch(1, ['lost'])), /did not take .*ECONNREFUSED/);
  await writer.close();

  const silent = await started(t);
  silent.hold();
  const other = await otlpSink({ url: silent.url, timeoutMs: 200 }).open(session);
  await assert.rejects(async () => other.write(batch(1, ['lost'])), /did not take 1 records: /);
  await other.close();
});

it('refuses options that are wrong, with what was expected and found', () => {
  const refused = (wrong: unknown, message: RegExp): void =>
    assert.throws(() => otlpSink(wrong as OtlpSinkOptions), { name: 'TypeError', message });
  refused({ url: 'localhost:4318' }, /url must be one of http: or https:/);
  refused({ timeoutMs: 0 }, /timeoutMs must be a whole number above 0, found 0/);
  refused({ maxRecords: 1.5 }, /maxRecords must be/);
  refused({ severity: { stderr: 'BAD' } }, /severity must be one of TRACE, .*FATAL4; found "BAD"/);
});

it('gets the log of a server that Project Runner runs', async (t) => {
  const { url, records, errors } = await started(t);
  const dir = mkdtempSync(join(tmpdir(), 'otlp-sink-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const plugin = new URL('../src/index.js', import.meta.url).href;
  writeFileSync(
    join(dir, 'project-runner.config.mjs'),
    `import { otlpSink } from ${JSON.stringify(plugin)};\nexport default { plugins: [otlpSink({ url: ${JSON.stringify(url)} })] };\n`,
  );
  writeFileSync(join(dir, 'package.json'), '{ "name": "hello", "scripts": { "start": "node server.js" } }');
  writeFileSync(
    join(dir, 'server.js'),
    `require('node:http').createServer((request, response) => {
      console.log('asked for ' + request.url);
      response.end('hello');
    }).listen(process.env.PORT, process.env.HOST, () => console.error('ready'));
    process.on('SIGTERM', () => { console.log('last words'); process.exit(); });`,
  );
  const cli = fileURLToPath(new URL('../../node_modules/.bin/project-runner', import.meta.url));
  const state = ['--state-dir', join(dir, 'state'), '--data-dir', join(dir, 'data')];
  await promisify(execFile)(cli, ['up', dir, '--skip-install', '--once', '--request', '/now', ...state], {
    cwd: dir,
  });
  const found = records().map(({ severity, text }) => `${severity} ${text}`);
  for (const line of ['17 ERROR ready', '9 INFO asked for /now', '9 INFO last words']) {
    assert.ok(found.includes(line), `${line} is not among ${found.join(', ')}`);
  }
  assert.deepEqual(errors, []);
});
