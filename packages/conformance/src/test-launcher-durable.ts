import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { LauncherPlugin } from '@project-runner/core';

import { withDriven } from './driven-process.ts';
import { stay, withLauncher } from './launch-node.ts';
import { patienceMs } from './output-recorder.ts';
import { withTree } from './process-tree.ts';
import type { It } from './suite.ts';
import { testLauncherAdopt } from './test-launcher-adopt.ts';
import type { DurableCheck } from './test-launcher-adopt.ts';
import { testLauncherSpool } from './test-launcher-spool.ts';
import { quiet } from './within.ts';

/** How a process outlives its handle, and is taken over with another plugin, as the next runner has one. */
export function testLauncherDurable(it: It, create: () => LauncherPlugin, wholeTree: boolean): void {
  const check: DurableCheck = (name, use) => it(name, () => withLauncher({ create, folder: true }, use));

  testLauncherAdopt(check, create);

  check('stop: an adopted process has its grace and its last words', async (launch, adopt) => {
    const first = await launch(
      `process.on("SIGTERM", () => { console.log("bye"); process.exit(5); }); console.log("ready"); ${stay}`,
    );
    await first.says('ready');
    first.detach();
    const { stop, exited, closed, output } = await adopt(first);
    await stop(patienceMs);
    const exit = await exited();
    assert.deepEqual(
      exit,
      { code: 5, signal: null },
      `stop must leave an adopted process its grace, and tell how it ended, { code: 5, signal: null }; found ${inspect(exit)}`,
    );
    await closed();
    assert.match(
      output(),
      /bye\n$/,
      `onOutput must get the last words of an adopted process, found ${inspect(output())}`,
    );
  });

  if (wholeTree) {
    check('stop: the tree of an adopted process is gone', (launch, adopt) =>
      withTree(launch, { child: 'process.on("SIGTERM", () => {});' }, async (tree) => {
        tree.detach();
        const { stop } = await adopt(tree);
        await stop(100);
        await tree.childGone();
      }),
    );
  }

  check('detach: the process lives on, and no callback comes any more', async (launch, adopt) => {
    const gate = Promise.withResolvers<void>();
    await withDriven(
      launch,
      async (driven) => {
        await driven.prints('stdout', 'before;');
        await driven.says('before;');
        driven.detach();
        await driven.prints('stdout', 'after;');
        // Who was waited for lets the launcher read on, were it still reading.
        gate.resolve();
        const { says, closed } = await adopt(driven);
        await says('after;');
        await driven.ends(0);
        await closed();
        await quiet();
        const found = driven.output();
        assert.equal(
          found,
          'before;',
          `no callback may come after detach: what was printed before it is 'before;', found ${inspect(found)}`,
        );
      },
      { onOutput: () => gate.promise },
    );
  });

  check('closed: waits for the promise of the last onOutput', async (launch) => {
    const taken = Promise.withResolvers<void>();
    const { handle, says, exited, closed } = await launch('console.log("last words")', {
      onOutput: () => taken.promise,
    });
    let isClosed = false;
    void handle.closed.then(() => {
      isClosed = true;
    });
    await says('last words');
    await exited();
    await quiet();
    assert.ok(!isClosed, 'closed must wait until all output was taken, found a promise of onOutput pending');
    taken.resolve();
    await closed();
  });

  testLauncherSpool(check);
}
