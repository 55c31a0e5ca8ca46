import type {
  Command,
  DirectorySnapshot,
  InstallOptions,
  PackageManagerEvidence,
  PackageManagerPlugin,
} from '@project-runner/core';

const lockfile = 'yarn.lock';
/** Settings are Berry's, but settings without a lockfile say no more than leftovers do. */
const leftovers = [
  ['.yarnrc.yml', '4'],
  ['node_modules/.yarn-integrity', '1'],
  ['node_modules/.yarn-state.yml', '4'],
  ['.pnp.cjs', '4'],
] as const;

/** Yarn Classic 1.22 and Berry 4. */
export function yarn(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'yarn',
    apiVersion: 1,
    detect,
    install: (options) => (isClassic(options.version) ? installClassic(options) : installBerry(options)),
    run: (script, args) => ({ file: 'yarn', args: ['run', script, ...args], env: berrySettings }),
    workspacePatterns: (directory) => directory.manifest?.workspaces ?? null,
    // Berry finds that its lockfile would have to be changed.
    toleratesMissingMembers: ({ version }) => isClassic(version),
    explainFailure: (output) => {
      if (/Your lockfile needs to be updated/.test(output))
        return { reason: 'stale-lockfile', fix: 'yarn install' };
      if (/YN0028/.test(output))
        return { reason: 'stale-lockfile', fix: 'yarn install --mode=update-lockfile' };
      // Without a lockfile of its own Berry takes a project for a part of whatever package.json is further up.
      if (/doesn't seem to be part of the project declared in/.test(output))
        return { reason: 'other', fix: 'yarn install' };
      // Classic; Berry has no metadata of its own that could be too old.
      const [, version] = /^error (Couldn't find any versions for .+)$/m.exec(output) ?? [];
      if (version !== undefined) return { reason: 'stale-cache', detail: version };
      const [, detail] = /^(?:error |.*YN0035: \W*)(\S.*[Nn]ot found.*)$/m.exec(output) ?? [];
      return detail === undefined ? null : { reason: 'other', detail };
    },
    skippedScripts: (output) =>
      output
        .split('\n')
        .flatMap(
          (line) => /YN0004:[^\w@]*((?:@[\w.-]+\/)?[\w.-]+)@\S+ lists build scripts/.exec(line)?.[1] ?? [],
        ),
  };
}

/** Harmless to Classic, which knows none of them. */
const berrySettings: Readonly<Record<string, string>> = {
  // The server is started by Node itself, which knows no Plug'n'Play.
  YARN_NODE_LINKER: 'node-modules',
  YARN_ENABLE_TELEMETRY: '0',
};

function installClassic({ frozen, allowScripts, fresh = false }: InstallOptions): Command {
  return {
    file: 'yarn',
    args: [
      'install',
      ...(frozen ? ['--frozen-lockfile'] : []),
      '--non-interactive',
      '--no-progress',
      '--production=false',
      ...(frozen && !fresh ? ['--prefer-offline'] : []),
      ...(allowScripts ? [] : ['--ignore-scripts']),
    ],
    env: { YARN_PRODUCTION: 'false' },
  };
}

function installBerry({ frozen, allowScripts }: InstallOptions): Command {
  return {
    file: 'yarn',
    args: ['install', frozen ? '--immutable' : '--no-immutable'],
    env: { ...berrySettings, YARN_ENABLE_SCRIPTS: String(allowScripts) },
  };
}

function isClassic(version: string | undefined): boolean {
  return /^\D*1(\.|$)/.test(version ?? '');
}

function detect(directory: DirectorySnapshot): PackageManagerEvidence | null {
  const declared = directory.manifest?.declaredPackageManager;
  const lock = directory.read(lockfile);
  const found = lock === undefined ? {} : { lockfile };
  if (declared?.name === 'yarn') {
    const version = declared.version ?? (lock === undefined ? undefined : majorOf(lock));
    return { strength: 'declared', file: 'package.json', ...(version ? { version } : {}), ...found };
  }
  if (lock !== undefined) {
    const version = directory.has('.yarnrc.yml') ? '4' : majorOf(lock);
    return { strength: 'lockfile', file: lockfile, version, ...found };
  }
  const leftover = leftovers.find(([file]) => directory.has(file));
  return leftover ? { strength: 'installed', file: leftover[0], version: leftover[1] } : null;
}

/** Berry writes `__metadata:`, Classic `# yarn lockfile v1`; an empty file is what Berry asks people to make. */
function majorOf(lock: string): string {
  return lock.includes('# yarn lockfile v1') ? '1' : '4';
}
