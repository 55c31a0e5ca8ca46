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
