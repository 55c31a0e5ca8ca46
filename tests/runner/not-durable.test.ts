import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

it('with durable: false a server is a plain child: no shim, no state, restarted all the same', async () => {
  const { runner, dir } = testRunner({ durable: false });
  const { server } = await deployFolder(runner, await serverProject('well'));
  expect(processesMarked(server.id)).toEqual([server.processId]);
  expect(existsSync(join(dir, 'state', 'servers'))).toBe(false);
  await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);
  await eventually(
    () => runner.getServerStatus(server),
    (status) => status?.state === 'ready' && status.restarts === 1,
  );
  expect(runner.getServerStatus(server)?.lastExit).toEqual({ code: 7, signal: null });
  expect(await runner.getLogs(server)).toBe('listening\nlistening');
  // What cannot outlive the runner is stopped, whatever is asked.
  await runner.shutdown({ servers: 'leave' });
  expect(processesMarked(server.id)).toEqual([]);
  expect(await runner.getLogs(server)).toBe('listening\nlistening\ndraining');
});
