import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { LocalProcessRunner } from '@project-runner/runner';
import { expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, testRunner } from '../support/test-runner.ts';

it('streams a server of an earlier runner to whoever subscribes before anything else is asked', async () => {
  const { runner, config } = testRunner({ portRange: { start: 20_300, end: 20_309 } });
  const { server } = await deployFolder(runner, await serverProject('chatty'));
  await runner.shutdown({ servers: 'leave' });
  const heir = new LocalProcessRunner(config);
  onTestFinished(() => heir.shutdown());
  const heard: string[] = [];
  const leave = heir.streamLogs(server, (line) => heard.push(line));
  // Of a server that never appears nothing is ever heard.
  heir.streamLogs({ ...server, id: 'unknown' }, (line) => heard.push(`unknown ${line}`));
  await eventually(
    () => heard.length,
    (count) => count > 100,
  );
  leave();
  expect(heard.filter((line) => !/^(out|err) \d+/.test(line))).toEqual([]);
});

it('misses no line of a server whose journal is gone when it is taken over', async () => {
  const { runner, config, dir } = testRunner({ portRange: { start: 20_310, end: 20_319 } });
  const { server } = await deployFolder(runner, await serverProject('chatty'));
  await eventually(
    () => runner.getLogs(server, { tail: 1 }),
    (text) => text !== '',
  );
  await runner.shutdown({ servers: 'leave' });
  rmSync(join(dir, 'state/servers', server.id, 'journal'));
  const heir = new LocalProcessRunner(config);
  await heir.recover();
  await heir.stop(server);
  const logs = join(dir, 'state/logs', server.id);
  const text = readdirSync(logs)
    .filter((name) => /^\d+\.log$/.test(name))
    .map((name) => readFileSync(join(logs, name), 'utf8'))
    .join('');
  const numbers = new Set(Array.from(text.matchAll(/ F(?::\d+)? out (\d+) /g), (match) => Number(match[1])));
  expect([...numbers].toSorted((a, b) => a - b)).toEqual(Array.from(numbers, (_, index) => index + 1));
  expect(text).toContain(`out ${numbers.size} the end`);
});

it('refuses arguments that make no sense, naming key, value and what was expected', async () => {
  const { runner } = testRunner({ portRange: { start: 20_320, end: 20_329 } });
  const server = { id: 'unknown' } as never;
  const logs = (options: object): Promise<unknown> => runner.getLogs(server, options as never);
  const page = (options: object): Promise<unknown> => runner.getLogsPaginated(server, options as never);
  const whole = 'must be a whole number from';
  for (const [call, options, message] of [
    [logs, { tail: -1 }, `tail ${whole} 0 to 9007199254740991; found -1`],
    [logs, { tail: Number.NaN }, `tail ${whole} 0 to 9007199254740991; found NaN`],
    [logs, { tail: '5' }, `tail ${whole} 0 to 9007199254740991; found '5'`],
    [logs, { since: '2026-01-01' }, "since must be a valid Date; found '2026-01-01'"],
    [logs, { since: new Date('never') }, 'since must be a valid Date; found Invalid Date'],
    [logs, 5, 'options must be an object; found 5'],
    [page, { limit: -1 }, `limit ${whole} 1 to 10000; found -1`],
    [page, { limit: 0 }, `limit ${whole} 1 to 10000; found 0`],
    [page, { limit: 1.5 }, `limit ${whole} 1 to 10000; found 1.5`],
    [page, { limit: 10_001 }, `limit ${whole} 1 to 10000; found 10001`],
    [page, { before: 7 }, 'before must be a cursor of an earlier page, a string; found 7'],
    [page, null, 'options must be an object; found null'],
  ] as const) {
    await expect(call(options as object)).rejects.toThrow(new TypeError(message));
  }
  expect(await logs({ tail: 0, since: undefined })).toBe('');
  expect(await page({ limit: 10_000, before: 'unknown' })).toMatchObject({ entries: [], hasMore: false });
});
