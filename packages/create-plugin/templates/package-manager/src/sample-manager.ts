import type { DirectorySnapshot, PackageManagerEvidence, PackageManagerPlugin } from '@project-runner/core';

const lockfile = 'sample.lock';

/** The package manager sample. Its methods are pure: the runner walks the folders, ranks what was found, and runs. */
export function sampleManager(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'sample',
    apiVersion: 1,
    detect,
    install: ({ frozen, allowScripts }) => ({
      file: 'sample',
      args: [
        'install',
        ...(frozen ? ['--frozen-lockfile'] : []),
        ...(allowScripts ? [] : ['--ignore-scripts']),
      ],
    }),
    run: (script, args) => ({ file: 'sample', args: ['run', script, ...args] }),
  };
}

function detect({ manifest, has }: DirectorySnapshot): PackageManagerEvidence | null {
  const declared = manifest?.declaredPackageManager;
  const locked = has(lockfile) ? { lockfile } : {};
  if (declared?.name === 'sample') {
    const version = declared.version === undefined ? {} : { version: declared.version };
    return { strength: 'declared', file: 'package.json', ...version, ...locked };
  }
  return has(lockfile) ? { strength: 'lockfile', file: lockfile, ...locked } : null;
}
