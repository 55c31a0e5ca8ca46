import assert from 'node:assert/strict';

import type { LauncherPlugin } from '@project-runner/core';

import { withDriven } from './driven-process.ts';
import { withLauncher } from './launch-node.ts';
import { ballast, ballastBytes, withTree } from './process-tree.ts';
import type { It } from './suite.ts';
import { within } from './within.ts';

/** Who reads on does so at once; who cannot must be known well before a test runner gives up. */
const readsOnMs = 1500;

export interface TestLauncherLimitsOptions {
  create(): LauncherPlugin;
  wholeTree: boolean;
  treeUsage: boolean;
  durable: boolean | undefined;
}

/** What a launcher is said not to do is not checked, so it has to be true. */
export function testLauncherLimits(
  it: It,
  { create, wholeTree, treeUsage, durable }: TestLauncherLimitsOptions,
): void {
  const limit = (name: string, finds: (create: () => LauncherPlugin) => Promise<boolean>, found: string) =>
    it(name, async () => {
      assert.ok(!(await finds(create)), found);
    });
  if (!wholeTree) {
    limit(
      'wholeTree: is false only where stop overlooks processes of the tree',
      stopsTree,
      'the suite was told wholeTree: false, found that stop ends a child of the process, with SIGTERM and after the grace: leave it out, so that this is checked',
    );
  }
  if (!treeUsage) {
    limit(
      'treeUsage: is false only where usage overlooks processes of the tree',
      countsTree,
      'the suite was told treeUsage: false, found that usage counts the memory of a child of the process: leave it out, so that this is checked',
    );
  }
  if (durable === false) {
    limit(
      'durable: is false only where no process outlives its handle',
      takesOver,
      'the suite was told durable: false, found that adopt takes over a process whose handle was let go of, and hands over what it prints: say durable: true, so that this is checked',
    );
  }
}

async function stopsTree(create: () => LauncherPlugin): Promise<boolean> {
  let isWhole = false;
  await withLauncher({ create }, (launch) =>
    withTree(launch, { child: 'process.on("SIGTERM", () => say("term;"));' }, async ({ stop, childGone }) => {
      await stop(500);
      isWhole = (await childGone().catch(() => null)) === 'term;';
    }),
  );
  return isWhole;
}

async function countsTree(create: () => LauncherPlugin): Promise<boolean> {
  let isWhole = false;
  await withLauncher({ create }, (launch) =>
    withTree(launch, { child: ballast }, async ({ handle }) => {
      const usage = await handle.usage();
      isWhole = usage !== null && usage.memoryBytes > ballastBytes;
    }),
  );
  return isWhole;
}

async function takesOver(create: () => LauncherPlugin): Promise<boolean> {
  if (!create().adopt) return false;
  let takes = false;
  await withLauncher({ create, folder: true }, (launch, adopt) =>
    withDriven(launch, async (driven) => {
      await driven.prints('stdout', 'before;');
      await driven.says('before;');
      if (!driven.handle.detach) return;
      driven.detach();
      takes = await adopt(driven, { ref: null })
        .then(async ({ says }) => {
          await driven.prints('stdout', 'after;');
          await within(readsOnMs, says('after;'), 'onOutput must get what comes after adopt');
          return true;
        })
        // Nobody took it over, or somebody who cannot read on.
        .catch(() => false);
      // Who did not take it over does not stop it either.
      if (!takes) await driven.ends(0);
    }),
  );
  return takes;
}
