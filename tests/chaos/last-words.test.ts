import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, testRunner } from '../support/test-runner.ts';

it.each([
  ['throw', { code: 1, signal: null }],
  ['exit', { code: 3, signal: null }],
  ['kill', { code: null, signal: 'SIGKILL' }],
])('a server that prints 200,000 lines and then does %s loses none of them', async (path, exit) => {
  const { runner } = testRunner({ restart: 'never', logRetentionLines: 250_000 });
  const { server } = await deployFolder(runner, await serverProject('last-words'));
  await fetch(`http://127.0.0.1:${server.port}/${path}`).catch(() => undefined);
  await eventually(
    () => runner.getServerStatus(server),
    (status) => status?.state === 'crashed',
    30_000,
  );
  expect(runner.getServerStatus(server)?.lastExit).toEqual(exit);
  const lines = (await runner.getLogs(server)).split('\n').filter((line) => line.startsWith('line '));
  expect(lines).toHaveLength(200_000);
  expect(lines.at(-1)).toBe('line 200000');
  // What it complained of comes last.
  const last = await runner.getLogs(server, { tail: 20 });
  expect(last.includes('Error: the last words')).toBe(path === 'throw');
  expect(runner.getServerStatus(server)?.lastLines).toHaveLength(50);
});
