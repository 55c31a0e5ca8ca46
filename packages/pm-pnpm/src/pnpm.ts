import type { DirectorySnapshot, PackageManagerEvidence, PackageManagerPlugin } from '@project-runner/core';

import { readPackages } from './read-packages.ts';

const lockfile = 'pnpm-lock.yaml';
const leftover = 'node_modules/.modules.yaml';

/** pnpm 9 and newer. */
export function pnpm(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'pnpm',
    apiVersion: 1,
    detect,
    install: ({ frozen, allowScripts, standalone, version }) => ({
      file: 'pnpm',
      args: [
        'install',
        frozen ? '--frozen-lockfile' : '--no-frozen-lockfile',
        '--prefer-offline',
        '--reporter=append-only',
        // Only pnpm 9 drops devDependencies under NODE_ENV=production; newer ones keep them and know the flag.
        '--prod=false',
        // Beneath a stranger's workspace file pnpm 9 and 10 install that workspace and nothing here, with exit code 0.
        ...(standalone && !isAtLeast12(version) ? ['--ignore-workspace'] : []),
        ...(!allowScripts && isAtMost9(version) ? ['--ignore-scripts'] : []),
      ],
      env: { ...settings, ...(allowScripts ? allowAll : {}) },
    }),
    run: (script, args) => ({ file: 'pnpm', args: ['run', script, ...args], env: settings }),
    workspacePatterns: (directory) => {
      const text = directory.read('pnpm-workspace.yaml');
      const packages = text === undefined ? [] : readPackages(text);
      return packages.length > 0 ? packages : null;
    },
    explainFailure: (output) =>
      /ERR_PNPM_OUTDATED_LOCKFILE|ERR_PNPM_LOCKFILE_CONFIG_MISMATCH|ERR_PNPM_FROZEN_LOCKFILE/.test(output)
        ? { reason: 'stale-lockfile', fix: 'pnpm install --lockfile-only' }
        : null,
    skippedScripts: (output) => {
      const list = /Ignored build scripts:\s*([^\n]+)/.exec(output)?.[1];
      return list
        ? (list.match(/(?:@[\w.-]+\/)?[\w.-]+@[\w.+-]+/g) ?? []).map((name) => name.replace(/\.$/, ''))
        : [];
    },
  };
}

/** As variables rather than flags, so that an install which a build starts by itself gets them, too. */
const settings: Readonly<Record<string, string>> = {
  CI: 'true',
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

function major(version: string | undefined): number | undefined {
  const digits = /(\d+)/.exec(version ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isAtLeast12(version: string | undefined): boolean {
  return (major(version) ?? 12) >= 12;
}

function isAtMost9(version: string | undefined): boolean {
  return (major(version) ?? 12) <= 9;
}

function detect(directory: DirectorySnapshot): PackageManagerEvidence | null {
  const declared = directory.manifest?.declaredPackageManager;
  const found = directory.has(lockfile) ? { lockfile } : {};
  if (declared?.name === 'pnpm') {
    const version = declared.version ? { version: declared.version } : {};
    return { strength: 'declared', file: 'package.json', ...version, ...found };
  }
  if ('lockfile' in found) return { strength: 'lockfile', file: lockfile, ...found };
  return directory.has(leftover) ? { strength: 'installed', file: leftover } : null;
}
