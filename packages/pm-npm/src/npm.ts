import type { DirectorySnapshot, PackageManagerEvidence, PackageManagerPlugin } from '@project-runner/core';

/** `npm ci` of npm 12 no longer knows a shrinkwrap; npm 11 does, so it counts as a lockfile. */
const lockfiles = ['package-lock.json', 'npm-shrinkwrap.json'] as const;
const leftover = 'node_modules/.package-lock.json';

const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];

/** npm 10 and newer. */
export function npm(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'npm',
    apiVersion: 1,
    detect,
    install: ({ frozen, allowScripts }) => ({
      file: 'npm',
      args: [
        frozen ? 'ci' : 'install',
        // NODE_ENV and a user's `omit=dev` would drop what the build needs.
        '--include=dev',
        '--prefer-offline',
        ...(allowScripts ? [] : ['--ignore-scripts']),
        ...quiet,
      ],
      env: {
        // The same for installs that a build starts by itself, such as `mastra build`.
        npm_config_include: 'dev',
        npm_config_update_notifier: 'false',
        ...(allowScripts ? { npm_config_dangerously_allow_all_scripts: 'true' } : {}),
      },
    }),
    run: (script, args) => ({
      file: 'npm',
      args: ['run', script, ...(args.length > 0 ? ['--', ...args] : [])],
      env: { npm_config_update_notifier: 'false' },
    }),
    workspacePatterns: (directory) => directory.manifest?.workspaces ?? null,
    explainFailure: (output) =>
      /\bEUSAGE\b|in sync|package\.json and package-lock\.json/.test(output)
        ? { reason: 'stale-lockfile', fix: 'npm install --package-lock-only' }
        : null,
  };
}

function detect(directory: DirectorySnapshot): PackageManagerEvidence | null {
  const declared = directory.manifest?.declaredPackageManager;
  const lockfile = lockfiles.find((file) => directory.has(file));
  const found = lockfile ? { lockfile } : {};
  if (declared?.name === 'npm') {
    const version = declared.version ? { version: declared.version } : {};
    return { strength: 'declared', file: 'package.json', ...version, ...found };
  }
  if (lockfile) return { strength: 'lockfile', file: lockfile, ...found };
  return directory.has(leftover) ? { strength: 'installed', file: leftover } : null;
}
