import type { DirectorySnapshot, PackageManagerEvidence, PackageManagerPlugin } from '@project-runner/core';

import { readIgnoredBuilds } from './read-ignored-builds.ts';
import { readPackages } from './read-packages.ts';

const lockfile = 'pnpm-lock.yaml';
/** A workspace file is pnpm's, but one without a lockfile says no more than leftovers do. */
const leftovers = ['node_modules/.modules.yaml', 'pnpm-workspace.yaml'] as const;

/** pnpm 9 and newer. */
export function pnpm(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'pnpm',
    apiVersion: 1,
    detect,
    install: ({ frozen, allowScripts, standalone, version, fresh = false }) => ({
      file: 'pnpm',
      args: [
        'install',
        frozen ? '--frozen-lockfile' : '--no-frozen-lockfile',
        // Without a lockfile the newest versions are wanted, not those that were seen last.
        ...(frozen && !fresh ? ['--prefer-offline'] : []),
        '--reporter=append-only',
        // Only pnpm 9 drops devDependencies under NODE_ENV=production; newer ones keep them and know the flag.
        '--prod=false',
        ...(standalone && major(version) <= 9 ? ['--ignore-workspace'] : []),
        ...(!allowScripts && major(version) <= 9 ? ['--ignore-scripts'] : []),
      ],
      env: {
        ...settings,
        // Without a terminal pnpm 9 and 10 refuse to replace a foreign node_modules, except in CI.
        CI: 'true',
        ...(standalone ? ownWorkspace(version) : {}),
        ...(allowScripts ? allowAll : {}),
      },
    }),
    run: (script, args) => ({ file: 'pnpm', args: ['run', script, ...args], env: settings }),
    workspacePatterns: (directory) => {
      const text = directory.read('pnpm-workspace.yaml');
      const packages = text === undefined ? [] : readPackages(text);
      return packages.length > 0 ? packages : null;
    },
    toleratesMissingMembers: () => true,
    explainFailure: (output) => {
      if (staleLockfile.test(output))
        return { reason: 'stale-lockfile', fix: 'pnpm install --lockfile-only' };
      const [, code, detail] = /\b(ERR_PNPM_[A-Z0-9_]+)\]?\s+(.+)$/m.exec(output) ?? [];
      if (detail === undefined) return null;
      return { reason: code === 'ERR_PNPM_NO_MATCHING_VERSION' ? 'stale-cache' : 'other', detail };
    },
    skippedScripts: readIgnoredBuilds,
  };
}

/**
 * The last three are a lockfile of another pnpm: 9 calls it absent (a frozen install is only asked for where there is
 * one), 10 a breaking change, 12 broken.
 */
const staleLockfile = new RegExp(
  [
    'ERR_PNPM_OUTDATED_LOCKFILE',
    'ERR_PNPM_LOCKFILE_CONFIG_MISMATCH',
    'ERR_PNPM_NO_LOCKFILE',
    'ERR_PNPM_LOCKFILE_BREAKING_CHANGE',
    'ERR_PNPM_BROKEN_LOCKFILE',
  ].join('|'),
);

/** As variables rather than flags, so that an install which a build starts by itself gets them, too. */
const settings: Readonly<Record<string, string>> = {
  // pnpm 12 fails an install when a dependency has an install script that nobody decided about.
  pnpm_config_strict_dep_builds: 'false',
  npm_config_strict_dep_builds: 'false',
  // Use the pnpm that is there: looking for the one of `packageManager` needs the network.
  pnpm_config_pm_on_fail: 'ignore',
  npm_config_manage_package_manager_versions: 'false',
  pnpm_config_verify_deps_before_run: 'false',
};

const allowAll: Readonly<Record<string, string>> = {
  pnpm_config_dangerously_allow_all_builds: 'true',
  npm_config_dangerously_allow_all_builds: 'true',
};

/**
 * Beneath a stranger's workspace file pnpm 9 and 10 install that workspace and nothing here, with exit code 0. For 9 the
 * flag `--ignore-workspace` mends it; since 10 the file also holds the project's own settings, which the flag would
 * ignore, too, so 10 is told to look for it here only.
 */
function ownWorkspace(version: string | undefined): Record<string, string> {
  return major(version) === 10 || major(version) === 11 ? { NPM_CONFIG_WORKSPACE_DIR: '.' } : {};
}

/** An unknown version is taken for today's. */
function major(version: string | undefined): number {
  return Number(/\d+/.exec(version ?? '')?.[0] ?? 12);
}

function detect(directory: DirectorySnapshot): PackageManagerEvidence | null {
  const declared = directory.manifest?.declaredPackageManager;
  const found = directory.has(lockfile) ? { lockfile } : {};
  if (declared?.name === 'pnpm') {
    const version = declared.version ? { version: declared.version } : {};
    return { strength: 'declared', file: 'package.json', ...version, ...found };
  }
  if ('lockfile' in found) return { strength: 'lockfile', file: lockfile, ...found };
  const leftover = leftovers.find((file) => directory.has(file));
  return leftover ? { strength: 'installed', file: leftover } : null;
}
