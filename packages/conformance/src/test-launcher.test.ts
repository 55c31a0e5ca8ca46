import type { LauncherPlugin } from '@project-runner/core';
import { afterAll, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import { groupLauncher, hasProc, killLaunched } from './group-launcher.test-support.ts';
import type { LauncherBreaks } from './group-launcher.test-support.ts';
import { broken, launchVariations } from './launcher-variations.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import { stopVariations } from './stop-variations.test-support.ts';
import type { It } from './suite.ts';
import { testLauncher } from './test-launcher.ts';
import type { TestLauncherOptions } from './test-launcher.ts';

const timers: NodeJS.Timeout[] = [];
afterAll(() => {
  timers.forEach(clearInterval);
  killLaunched();
});

const isTree = 'wholeTree: is false only where stop overlooks processes of the tree';
const isUsage = 'treeUsage: is false only where usage overlooks processes of the tree';
const isDurable = 'durable: is false only where no process outlives its handle';

/** Without `/proc` neither the suite nor the launcher of this file looks at trees, nor what it would see there. */
const suite =
  (create: () => LauncherPlugin) =>
  (it: It): void =>
    testLauncher((name, fn) => (name === isTree || name === isUsage ? undefined : it(name, fn)), {
      create,
      wholeTree: hasProc,
    });

const factory = factoryVariations(groupLauncher, 'launch', timers);

const told = 'adopt: a launcher that has it says whether it is durable';

/** Only the checks of what a launcher is said not to do. */
const limits =
  (create: () => LauncherPlugin, options: Omit<TestLauncherOptions, 'create'>) =>
  (it: It): void =>
    testLauncher((name, fn) => ([isTree, isUsage, isDurable].includes(name) ? it(name, fn) : undefined), {
      create,
      ...options,
    });

const ofFirstOnly = broken({
  handle: ({ ref, exited, exit }) => ({
    async stop() {
      if (!exit()) process.kill(ref.pid, 'SIGKILL');
      await exited;
    },
    usage: () => Promise.resolve({ memoryBytes: 1_000_001, cpuPercent: 0 }),
  }),
});

const variations = [...launchVariations, ...stopVariations];

const possible = variations.filter(([check]) => hasProc || !/tree|child/.test(check));

describe('testLauncher', () => {
  it('passes a correct plugin', async () => {
    expect(await failuresOf(suite(groupLauncher))).toEqual([]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(groupLauncher)).map(({ name }) => name);
    const proved = new Set([...factory, ...variations].map(([check]) => check));
    expect(names.filter((name) => !proved.has(name))).toEqual([told]);
  });

  it.each([
    [undefined, true, [/told durable: undefined, found adopt: function in the plugin; say/]],
    [true, false, [/told durable: true, found adopt: undefined in the plugin/]],
    // Not on every platform can a launcher that has it keep what it promises.
    [false, true, []],
    [false, false, []],
  ])('judges durable: %s where adopt is there: %s', async (durable, adopts, messages) => {
    const create = (): LauncherPlugin => groupLauncher({ durable: adopts });
    const checks = (it: It): void =>
      testLauncher((name, fn) => (name === told ? it(name, fn) : undefined), {
        create,
        ...(durable === undefined ? {} : { durable }),
      });
    const expected = messages.map((message) => ({ check: told, message: expect.stringMatching(message) }));
    expect(await failuresOf(checks)).toEqual(expected);
  });

  it.runIf(hasProc)('looks whether a launcher overlooks what it is said to overlook', async () => {
    const message = (told: string): unknown =>
      expect.stringMatching(`told ${told}: false, found that .*: leave it out, so that this is checked`);
    expect(await failuresOf(limits(groupLauncher, { treeUsage: false }))).toEqual([
      { check: isUsage, message: message('treeUsage') },
    ]);
    expect(await failuresOf(limits(groupLauncher, { wholeTree: false }))).toEqual([
      { check: isTree, message: message('wholeTree') },
      { check: isUsage, message: message('treeUsage') },
    ]);
    expect(await failuresOf(limits(ofFirstOnly, { wholeTree: false }))).toEqual([]);
  });

  it('looks whether processes end with the handle where they are said to', async () => {
    expect(await failuresOf(limits(broken({ durable: true }), { durable: false }))).toEqual([
      {
        check: isDurable,
        message: expect.stringMatching(/told durable: false, found that adopt .*say durable: true/),
      },
    ]);
  });

  it.each<[string, LauncherBreaks]>([
    ['has no adopt', {}],
    ['finds nothing', { durable: true, spec: (spec) => ({ ...spec, id: 'another' }) }],
    ['cannot let go', { durable: true, handle: () => ({ detach: undefined }) as never }],
  ])('passes a launcher that is not durable because it %s', async (_, breaks) => {
    expect(await failuresOf(limits(broken(breaks), { durable: false }))).toEqual([]);
  });

  it('knows a launcher that cannot read on well within the 5 s of a test', { timeout: 4000 }, async () => {
    const deaf = broken({ durable: true, request: (r) => ({ ...r, onOutput: () => undefined }) });
    expect(await failuresOf(limits(deaf, { durable: false }))).toEqual([]);
  });

  it.each(factory)('finds with "%s" what should read %s', async (check, message, create) => {
    // Every other check starts processes, which these changes do not touch; other suites show that.
    const checks = (it: It): void =>
      suite(create)((name, fn) => (name.startsWith('factory:') ? it(name, fn) : undefined));
    expect(await failuresOf(checks)).toEqual([{ check, message: expect.stringMatching(message) }]);
  });

  // One after the other: so many processes at once would make each other late on a small machine.
  it.each(possible)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});
