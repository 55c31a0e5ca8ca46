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
