import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';

import { syslogSink } from '../src/index.ts';
import type { SyslogSinkOptions } from '../src/index.ts';
import { formatMessages } from '../src/format-messages.ts';
import { batch, session } from './log.ts';
import { parseRfc5424 } from './parse-rfc5424.ts';
import type { SyslogMessage } from './parse-rfc5424.ts';

const options = {
  priorities: { stdout: 134, stderr: 131 },
  hostname: 'web-1',
  appName: 'shop',
  structuredDataId: 'projectRunner@32473',
  maxMessageBytes: 1024,
};
const parsed = (...args: Parameters<typeof batch>): SyslogMessage[] =>
  formatMessages(batch(...args), session, options).map(parseRfc5424);

it('writes a message as RFC 5424 has it', () => {
  const [message] = formatMessages(batch(7, ['héllo'], { stream: 'stderr' }), session, options);
  assert.equal(
    message?.toString(),
    `<131>1 2026-01-23T12:00:00.123Z web-1 shop ${session.serverId} stderr ` +
      `[projectRunner@32473 sequence="7" deploymentId="${session.deploymentId}" projectId="${session.projectId}" buildId="${session.buildId}"] héllo`,
  );
});

it('keeps bytes that are no UTF-8, blank lines and control characters as they are', () => {
  const lines = [Buffer.of(0xff, 0xc3, 0), Buffer.from(''), Buffer.from('\u001b[31m] "\\')];
  assert.deepEqual(
    parsed(1, lines).map(({ text, data }) => [data.sequence, text]),
    [
      ['1', lines[0]],
      ['2', lines[1]],
      ['3', lines[2]],
    ],
  );
});

it('escapes ids and replaces what a header may not have', () => {
  const [message] = formatMessages(
    batch(1, ['x']),
    { ...session, serverId: 'a b\n', projectId: String.raw`"]\ ` },
    { ...options, hostname: '', appName: 'ä'.repeat(60) },
  ).map(parseRfc5424);
  assert.equal(message?.hostname, '-');
  assert.equal(message?.appName, '_'.repeat(48));
  assert.equal(message?.processId, 'a_b_');
  assert.equal(message?.data.projectId, String.raw`"]\_`);
});

it('marks a line that goes on in the next batch', () => {
  const found = parsed(1, ['whole', 'begin'], { partial: true });
  assert.deepEqual(
    found.map(({ data }) => data.partial),
    [undefined, 'true'],
  );
});

it('divides long lines between characters, and what they had comes out together again', () => {
  for (const line of [
    Buffer.from('✓'.repeat(5000)),
    randomBytes(5000).map((byte) => byte | 0x80),
    Buffer.alloc(5000, 0xbf),
  ]) {
    const clean = Buffer.from(line.map((byte) => (byte === 10 ? 11 : byte)));
    const raw = formatMessages(batch(9, [clean]), session, options);
    assert.ok(raw.length > 5 && raw.every((message) => message.length <= options.maxMessageBytes));
    const parts = raw.map(parseRfc5424);
    assert.deepEqual(Buffer.concat(parts.map(({ text }) => text)), clean);
    assert.deepEqual(
      parts.map(({ data }) => `${data.sequence} ${data.part} ${data.partial}`),
      parts.map((_, index) => `9 ${index + 1} ${index < parts.length - 1 ? 'true' : undefined}`),
    );
  }
  const parts = parsed(1, ['✓'.repeat(5000)]);
  assert.ok(parts.every(({ text }) => !text.toString().includes('\ufffd')));
});

it('refuses options that are wrong, with what was expected and found', () => {
  const refused = (wrong: unknown, message: RegExp): void =>
    assert.throws(() => syslogSink(wrong as SyslogSinkOptions), { name: 'TypeError', message });
  refused({ port: 0 }, /port must be a whole number from 1 to 65535, found 0/);
  refused({ maxMessageBytes: 80 }, /maxMessageBytes must be .* 1024/);
  refused({ facility: 'kernel' }, /facility must be one of .*local0.*; found "kernel"/);
  refused({ severity: { stderr: 'bad' } }, /severity must be one of/);
  refused({ structuredDataId: 'a b' }, /structuredDataId must be/);
  refused({ protocol: 'tls' }, /protocol must be "tcp" or "udp", found "tls"/);
});
