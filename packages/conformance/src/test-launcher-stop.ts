import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import { stay } from './launch-node.ts';
import type { LaunchNode } from './launch-node.ts';
import { assertSaid, withTree } from './process-tree.ts';

/** The part of a launcher that is hardest to get right. */
export function testLauncherStop(
  check: (name: string, use: (launch: LaunchNode) => Promise<void>) => unknown,
  wholeTree: boolean,
): void {
  check('stop: a process that ignores SIGTERM is gone after the grace', async (launch) => {
    const { says, stop, exited } = await launch(
      `process.on("SIGTERM", () => {}); console.log("ready"); ${stay}`,
    );
    await says('ready');
    await stop(100);
    await exited();
  });

  check('stop: SIGTERM comes once, and a second call joins the first', async (launch) => {
    const { says, stop, exited, closed, output } = await launch(`
      let n = 0;
      process.on("SIGTERM", () => { console.log("term", ++n); setTimeout(() => process.exit(0), 500); });
      console.log("ready"); ${stay}`);
    await says('ready');
    const first = stop(3000);
    // Before that, the system would make one of two signals.
    await says('term 1');
    await Promise.all([first, stop(3000)]);
    await closed();
    const found = output().trim().split('\n').slice(1);
    assert.deepEqual(
      found,
      ['term 1'],
      `stop must send one SIGTERM however often it is called, found ${inspect(found)}`,
    );
    const { signal } = await exited();
    assert.equal(signal, null, `stop must leave the process its grace, found that it ended by ${signal}`);
  });

  check('stop: after the exit there is nothing to do', async (launch) => {
    const { exited, stop } = await launch('');
    await exited();
    await assert.doesNotReject(() => stop(100), 'stop must settle without an error when the process is gone');
  });

  if (!wholeTree) return;

  check('stop: SIGTERM comes once to each process of the tree', (launch) =>
    withTree(
      launch,
      { child: 'process.on("SIGTERM", () => say("term;", () => setTimeout(() => process.exit(), 100)));' },
      async ({ stop, childGone }) => {
        await stop(3000);
        assertSaid(await childGone(), 'term;', 'stop must send one SIGTERM to each process of the tree');
      },
    ),
  );

  check('stop: a child that ignores SIGTERM is gone after the grace', (launch) =>
    withTree(launch, { child: 'process.on("SIGTERM", () => {});' }, async ({ stop, childGone }) => {
      await stop(100);
      await childGone();
    }),
  );
}
