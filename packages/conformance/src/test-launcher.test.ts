import type { LauncherPlugin } from '@project-runner/core';
import { afterAll, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import { groupLauncher, hasProc, killLaunched } from './group-launcher.test-support.ts';
import { launchVariations } from './launcher-variations.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import { stopVariations } from './stop-variations.test-support.ts';
import type { It } from './suite.ts';
import { testLauncher } from './test-launcher.ts';

const timers: NodeJS.Timeout[] = [];
afterAll(() => {
  timers.forEach(clearInterval);
  killLaunched();
});

const suite =
  (create: () => LauncherPlugin) =>
  (it: It): void =>
    testLauncher(it, { create, wholeTree: hasProc });

const factory = factoryVariations(groupLauncher, 'launch', timers);

const told = 'adopt: a launcher that has it says whether it is durable';

const variations = [...launchVariations, ...stopVariations];

/** Without `/proc` neither the suite nor the launcher of this file looks at trees. */
const possible = variations.filter(([check]) => hasProc || !/tree|child/.test(check));

describe('testLauncher', () => {
  it('passes a correct plugin', async () => {
    expect(await failuresOf(suite(groupLauncher))).toEqual([]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(groupLauncher)).map(({ name }) => name);
    const broken = new Set([...factory, ...variations].map(([check]) => check));
    expect(names.filter((name) => !broken.has(name))).toEqual([told]);
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
