import type { DirectorySnapshot, PackageManagerEvidence, PackageManagerPlugin } from '@project-runner/core';

/** `bun.lock` is text and today's; `bun.lockb` is what bun wrote before 1.2 and still reads. */
const lockfiles = ['bun.lock', 'bun.lockb'] as const;

/** bun 1.2 and newer. */
export function bun(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'bun',
    apiVersion: 1,
    detect,
    install: ({ frozen, allowScripts }) => ({
      file: 'bun',
      args: [
        'install',
        // Without a lockfile bun would install unlocked and say nothing, so the flag is only given with one.
        ...(frozen ? ['--frozen-lockfile'] : []),
        '--no-progress',
        // bun runs scripts of the dependencies it trusts by itself; allowing the rest is the project's own list.
        ...(allowScripts ? [] : ['--ignore-scripts']),
      ],
    }),
    run: (script, args) => ({ file: 'bun', args: ['run', script, ...args] }),
    workspacePatterns: (directory) => directory.manifest?.workspaces ?? null,
    toleratesMissingMembers: () => true,
    explainFailure: (output) =>
      /lockfile had changes, but lockfile is frozen/.test(output)
        ? { reason: 'stale-lockfile', fix: 'bun install --lockfile-only' }
        : null,
  };
}

function detect(directory: DirectorySnapshot): PackageManagerEvidence | null {
  const declared = directory.manifest?.declaredPackageManager;
  const lockfile = lockfiles.find((file) => directory.has(file));
  // Bun projects may keep a yarn.lock beside theirs for tools that read it.
  const found = { ...(lockfile ? { lockfile } : {}), tolerates: ['yarn'] };
  if (declared?.name === 'bun') {
    const version = declared.version ? { version: declared.version } : {};
    return { strength: 'declared', file: 'package.json', ...version, ...found };
  }
  return lockfile ? { strength: 'lockfile', file: lockfile, ...found } : null;
}
