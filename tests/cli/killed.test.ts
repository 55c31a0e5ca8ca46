import { isProcessAlive } from '@project-runner/launcher-local';
import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { project } from './shop-project.ts';
import { cliEvents, runCli, spawnCli } from './spawn-cli.ts';

it('up finds and stops the server that a command left which was killed', async () => {
  const dir = await project({});
  const env = { XDG_STATE_HOME: tempFolder() };
  const args = ['up', dir, '--skip-install', '--json'];
  const first = spawnCli(args, { env });
  const ready = await eventually(
    () => cliEvents(first.stdout()).find(({ event }) => event === 'ready'),
    (event) => event !== undefined,
    60_000,
  );
  first.child.kill('SIGKILL');
  await first.exited;
  expect(isProcessAlive(Number(ready?.pid))).toBe(true);

  // The same port, which that server still has.
  const again = await runCli([...args, '--once', '--port', String(ready?.port)], { env });
  expect(again.code).toBe(0);
  expect(isProcessAlive(Number(ready?.pid))).toBe(false);
  expect(cliEvents(again.stdout)).toContainEqual(
    expect.objectContaining({
      event: 'notice',
      message: expect.stringContaining(`Stopped process ${ready?.pid as number} on port`) as string,
    }),
  );
});

it('up says so, too, where that server was still starting', async () => {
  const dir = await project({
    'server.js': `
      import { createServer } from 'node:http';
      console.log('pid ' + process.pid);
      const listen = () => createServer((_, response) => response.end())
        .listen(Number(process.env.PORT), process.env.HOST);
      if (process.env.LISTENS) listen(); else setInterval(() => {}, 1000);`,
  });
  const env = { XDG_STATE_HOME: tempFolder() };
  const args = ['up', dir, '--skip-install', '--json'];
  const first = spawnCli(args, { env });
  const lines = await eventually(
    () => cliEvents(first.stdout()).flatMap(({ line }) => /^pid (\d+)$/.exec(String(line))?.[1] ?? []),
    ([line]) => line !== undefined,
    60_000,
  );
  first.child.kill('SIGKILL');
  await first.exited;
  const pid = Number(lines[0]);
  expect(isProcessAlive(pid)).toBe(true);

  const again = await runCli([...args, '--once', '--env', 'LISTENS=1'], { env });
  expect(again.code).toBe(0);
  expect(isProcessAlive(pid)).toBe(false);
  const told = cliEvents(again.stdout).flatMap(({ event, message }) =>
    event === 'notice' && String(message).startsWith('Stopped') ? [message] : [],
  );
  expect(told).toEqual([
    expect.stringMatching(
      /^Stopped process \d+ on port \d+: a command that was killed had left it$/,
    ) as string,
  ]);
});
