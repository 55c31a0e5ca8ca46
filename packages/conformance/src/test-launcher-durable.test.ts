import type { LauncherPlugin, LaunchSpec } from '@project-runner/core';
import { afterAll, describe, expect, it } from 'vitest';

import { durable, durableVariations } from './durable-variations.test-support.ts';
import { groupLauncher, hasProc, killLaunched } from './group-launcher.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testLauncher } from './test-launcher.ts';

afterAll(killLaunched);

/** What is said not to be done without `/proc`, which is not looked at there. */
const isOfLimits = (name: string): boolean => /^(wholeTree|treeUsage):/.test(name);

const whole =
  (create: () => LauncherPlugin) =>
  (it: It): void =>
    testLauncher((name, fn) => (isOfLimits(name) ? undefined : it(name, fn)), {
      create,
      wholeTree: hasProc,
      durable: true,
    });

const namesOf = (suite: (it: It) => void): string[] => checksOf(suite).map(({ name }) => name);

const ofAnyLauncher = namesOf((it) => testLauncher(it, { create: groupLauncher, wholeTree: hasProc }));
const isOfDurable = (name: string): boolean =>
  !ofAnyLauncher.includes(name) && !name.endsWith(', with a folder');

/** Every other check is proved by launchers that need not be durable. */
const suite =
  (create: () => LauncherPlugin) =>
  (it: It): void =>
    whole(create)((name, fn) => (isOfDurable(name) ? it(name, fn) : undefined));

const possible = durableVariations.filter(([check]) => hasProc || !check.includes('tree'));

describe('testLauncher of a durable launcher', () => {
  it('passes a correct plugin', async () => {
    expect(await failuresOf(whole(durable({})))).toEqual([]);
  });

  it('passes one whose handles offer nothing beside detach', async () => {
    const least = { readOutput: undefined, release: undefined, environment: undefined };
    const create = durable({ handle: () => least as never, adopted: () => least as never });
    expect(await failuresOf(suite(create))).toEqual([]);
  });

  it('has a broken plugin for each check', () => {
    const names = namesOf(suite(durable({})));
    expect(new Set(durableVariations.map(([check]) => check))).toEqual(new Set(names));
  });

  it('checks all that holds for any process with a folder, too', () => {
    const names = namesOf(whole(durable({})));
    const ofProcesses = ofAnyLauncher.filter((name) => !/^(factory|adopt|wholeTree|treeUsage):/.test(name));
    expect(names).toEqual(expect.arrayContaining(ofProcesses.map((name) => `${name}, with a folder`)));
  });

  it('gives each process an empty folder of its own', async () => {
    const dirs: (string | undefined)[] = [];
    const noteFolder = (spec: LaunchSpec): LaunchSpec => {
      dirs.push(spec.dir);
      return spec;
    };
    await failuresOf(suite(durable({ spec: noteFolder })));
    expect(dirs).not.toContain(undefined);
    expect(new Set(dirs).size).toBe(dirs.length);
  });

  it.each([
    [
      'without detach',
      /a launcher that has adopt must have detach, found undefined/,
      durable({ handle: () => ({ detach: undefined }) as never }),
    ],
    [
      'whose memory is its plugin',
      /must find by its folder the process that was launched with it, found no trace/,
      forgetful,
    ],
  ])('finds nothing durable in one %s', async (_, message, create) => {
    const failures = await failuresOf(suite(create));
    const names = namesOf(suite(create)).filter((name) => !/no trace|^closed:/.test(name));
    expect(failures).toEqual(names.map((check) => ({ check, message: expect.stringMatching(message) })));
  });

  // One after the other: so many processes at once would make each other late on a small machine.
  it.each(possible)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});

/** What was launched is known to the plugin that did it, and to no other. */
function forgetful(): LauncherPlugin {
  const good = durable({})();
  const ids = new Set<string>();
  return {
    ...good,
    launch(spec) {
      ids.add(spec.id);
      return good.launch(spec);
    },
    adopt: async (request) => (ids.has(request.id) ? ((await good.adopt?.(request)) ?? null) : null),
  };
}
