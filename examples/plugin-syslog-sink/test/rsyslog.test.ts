import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { syslogSink } from '../src/index.ts';
import { batch, session } from './log.ts';
import { startRsyslog } from './rsyslog.ts';
import type { Received, Rsyslog } from './rsyslog.ts';

const skip =
  spawnSync('rsyslogd', ['-v']).status === 0
    ? false
    : 'there is no rsyslogd on PATH (apt-get install rsyslog); the other tests use a receiver of their own';

const sequenceOf = ({ sd }: Received): number => Number(/sequence="(\d+)"/.exec(sd)?.[1]);
const range = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);
const allUpTo =
  (last: number) =>
  (messages: readonly Received[]): boolean =>
    new Set(messages.map(sequenceOf)).size === last;

function tempFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'syslog-sink-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function running(t: TestContext, dir: string, earlier?: Rsyslog): Promise<Rsyslog> {
  const rsyslog = await startRsyslog(dir, earlier);
  t.after(() => rsyslog.kill('SIGKILL'));
  return rsyslog;
}

describe('rsyslogd', { skip, timeout: 60_000 }, () => {
  for (const protocol of ['tcp', 'udp'] as const) {
    it(`understands every field, over ${protocol}`, async (t) => {
      const rsyslog = await running(t, tempFolder(t));
      const port = protocol === 'tcp' ? rsyslog.tcpPort : rsyslog.udpPort;
      const writer = await syslogSink({ protocol, port, hostname: 'web-1', appName: 'shop' }).open(session);
      await writer.write(batch(1, ['héllo ✓', '']));
      await writer.write(batch(3, ['oh no'], { stream: 'stderr' }));
      await writer.close();
      const messages = await rsyslog.received(({ length }) => length === 3);
      const ids = `deploymentId="${session.deploymentId}" projectId="${session.projectId}" buildId="${session.buildId}"`;
      assert.deepEqual(
        messages.toSorted((a, b) => sequenceOf(a) - sequenceOf(b)),
        [
          { pri: '134', msgid: 'stdout', msg: 'héllo ✓' },
          { pri: '134', msgid: 'stdout', msg: '' },
          { pri: '131', msgid: 'stderr', msg: 'oh no' },
        ].map((expected, index) => ({
          version: '1',
          time: '2026-01-23T12:00:00.123Z',
          host: 'web-1',
          app: 'shop',
          procid: session.serverId,
          sd: `[projectRunner@32473 sequence="${index + 1}" ${ids}]`,
          ...expected,
        })),
      );
    });
  }

  it('gets every line in spite of a kill -9 and a new start in the midst of them', async (t) => {
    const dir = tempFolder(t);
    const first = await running(t, dir);
    const writer = await syslogSink({ port: first.tcpPort }).open(session);
    const last = 3000;
    let second: Promise<Rsyslog> | undefined;
    for (let n = 1; n <= last; n += 1) {
      if (n === 1000) second = first.kill('SIGKILL').then(() => running(t, dir, first));
      await writer.write(batch(n, [`line ${n} ${'x'.repeat(100)}`]));
    }
    await writer.close();
    const messages = await (await second)?.received(allUpTo(last));
    assert.deepEqual(
      [...new Set(messages?.map(sequenceOf))].toSorted((a, b) => a - b),
      range(last),
    );
  });

  it('gets the log of a server that Project Runner runs', async (t) => {
    const dir = tempFolder(t);
    const rsyslog = await running(t, dir);
    const plugin = new URL('../src/index.js', import.meta.url);
    const config = `import { syslogSink } from ${JSON.stringify(plugin.href)};\nexport default { plugins: [syslogSink({ port: ${rsyslog.tcpPort} })] };\n`;
    writeFileSync(join(dir, 'project-runner.config.mjs'), config);
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
    const isComplete = (all: readonly Received[]): boolean => all.some(({ msg }) => msg === 'last words');
    const messages = await rsyslog.received(isComplete);
    const found = messages.map(({ pri, msgid, msg }) => `${pri} ${msgid} ${msg}`);
    for (const line of ['131 stderr ready', '134 stdout asked for /now', '134 stdout last words']) {
      assert.ok(found.includes(line), `${line} is not among ${found.join(', ')}`);
    }
  });
});
