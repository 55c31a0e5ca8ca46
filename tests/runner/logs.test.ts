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
