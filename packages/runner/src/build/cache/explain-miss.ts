import type { BuildInputs } from './build-inputs.ts';

export interface BuiltFrom {
  inputs: BuildInputs;
  /** Hashes of the files of the source. */
  files: ReadonlyMap<string, string>;
}

/** Names shown of one kind; the rest is counted. */
const shown = 5;

/** Why a build is not the one before: what changed, in words, the names of variables without their values. */
export function explainMiss(before: BuiltFrom, now: BuiltFrom): string[] {
  return [
    ...changedFiles(before, now),
    ...changedVariables(before.inputs, now.inputs),
    ...changedOptions(before.inputs, now.inputs),
    ...changedSettings(before.inputs, now.inputs),
  ];
}

function changedFiles(before: BuiltFrom, now: BuiltFrom): string[] {
  const { added, changed, gone } = differences(before.files, now.files);
  const locks = new Set([before.inputs.lockfile, now.inputs.lockfile]);
  const isLock = (path: string): boolean => locks.has(path.slice(path.lastIndexOf('/') + 1));
  const all = [...changed, ...added, ...gone];
  return [
    ...list('lockfile', all.filter(isLock), 'changed'),
    ...list(
      'file',
      changed.filter((path) => !isLock(path)),
      'changed',
    ),
    ...list(
      'file',
      added.filter((path) => !isLock(path)),
      'new',
    ),
    ...list(
      'file',
      gone.filter((path) => !isLock(path)),
      'gone',
    ),
  ];
}

function changedVariables(before: BuildInputs, now: BuildInputs): string[] {
  const map = ({ variables }: BuildInputs): Map<string, string> => new Map(Object.entries(variables));
  const { added, changed, gone } = differences(map(before), map(now));
  return [
    ...list('variable', changed, 'changed'),
    ...list('variable', added, 'new'),
    ...list('variable', gone, 'gone'),
  ];
}

function changedOptions(before: BuildInputs, now: BuildInputs): string[] {
  // Earlier versions wrote none.
  const map = ({ projectOptions }: Partial<BuildInputs>): Map<string, string> =>
    new Map(Object.entries(projectOptions ?? {}));
  const { added, changed, gone } = differences(map(before), map(now));
  return [
    ...list('option of the project', changed, 'changed'),
    ...list('option of the project', added, 'new'),
    ...list('option of the project', gone, 'gone'),
  ];
}

const settings = {
  commit: 'commit',
  projectPath: 'folder of the project',
  packageManager: 'package manager',
  packageManagerVersion: 'version of the package manager',
  node: 'Node',
  platform: 'platform',
  framework: 'framework',
  plugins: 'plugins of framework and package manager',
  runner: 'version of the runner',
  buildCommand: 'build command',
  allowInstallScripts: 'allowInstallScripts',
  skipInstall: 'skipInstall',
  secretsInOutput: 'secretsInOutput',
  format: 'format of the cache',
} as const satisfies Partial<Record<keyof BuildInputs, string>>;

function changedSettings(before: BuildInputs, now: BuildInputs): string[] {
  const lines = Object.entries(settings).flatMap(([key, name]) => {
    const [was, is] = [before[key as keyof typeof settings], now[key as keyof typeof settings]];
    return was === is ? [] : [`${name}: ${was ?? 'none'} → ${is ?? 'none'}`];
  });
  const secrets = [
    ...now.secretNames
      .filter((name) => !before.secretNames.includes(name))
      .map((name) => `secret now: ${name}`),
    ...before.secretNames
      .filter((name) => !now.secretNames.includes(name))
      .map((name) => `no longer secret: ${name}`),
  ];
  const members = before.leftOut.join() === now.leftOut.join() ? [] : ['packages of the workspace'];
  return [...lines, ...secrets, ...members];
}

function list(what: string, names: readonly string[], how: string): string[] {
  if (names.length === 0) return [];
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return [`${what} ${how}: ${names.slice(0, shown).join(', ')}${more}`];
}

function differences(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): { added: string[]; changed: string[]; gone: string[] } {
  const names = [...now.keys()];
  return {
    added: names.filter((name) => !before.has(name)).sort(),
    changed: names.filter((name) => before.has(name) && before.get(name) !== now.get(name)).sort(),
    gone: [...before.keys()].filter((name) => !now.has(name)).sort(),
  };
}
