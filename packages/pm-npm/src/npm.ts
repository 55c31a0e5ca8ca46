import type {
  DirectorySnapshot,
  InstallFailure,
  PackageManagerEvidence,
  PackageManagerPlugin,
} from '@project-runner/core';

/** `npm ci` of npm 12 no longer knows a shrinkwrap; npm 11 does, so it counts as a lockfile. */
const lockfiles = ['package-lock.json', 'npm-shrinkwrap.json'] as const;
const leftover = 'node_modules/.package-lock.json';

/** npm 10 and newer. */
export function npm(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'npm',
    apiVersion: 1,
    detect,
    install: ({ frozen, allowScripts, version, fresh = false }) => ({
      file: 'npm',
      args: [
        frozen ? 'ci' : 'install',
        // NODE_ENV and a user's `omit=dev` would drop what the build needs.
        '--include=dev',
        ...cacheFlags(frozen, fresh),
        ...scriptFlags(allowScripts, version),
        '--no-audit',
        '--no-fund',
        '--no-progress',
      ],
      env: {
        // The same for an install that the project's own `postinstall` starts.
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
    toleratesMissingMembers: () => true,
    explainFailure,
    skippedScripts: (output) =>
      // npm 11 prints the same list for scripts that it did run.
      output.includes('had install scripts blocked')
        ? [...output.matchAll(/^npm warn install-scripts {2,}(\S+)@\S+ \(/gm)].map((match) => match[1] ?? '')
        : [],
  };
}

const relock = 'npm install --package-lock-only';

function explainFailure(output: string): InstallFailure | null {
  if (/can only install packages when your package\.json and .* are in sync/.test(output)) {
    const told = [...output.matchAll(/^npm (?:error|ERR!) ((?:Missing|Invalid): .+)$/gm)].map(
      ([, line]) => line,
    );
    const more = told.length > 1 ? `, and ${told.length - 1} more` : '';
    const detail = told.length > 0 ? { detail: `${told[0]}${more}` } : {};
    return { reason: 'stale-lockfile', fix: relock, ...detail };
  }
  const [, detail] =
    /^npm (?:error|ERR!) (?:404|notarget) +(.*(?:'.+'|No matching version).+)$/m.exec(output) ?? [];
  const said = detail === undefined ? {} : { detail };
  // `--prefer-offline` goes by metadata of any age, and a lockfile may be newer (npm 11, 12).
  if (/^npm (error|ERR!) code (ETARGET|ENOTCACHED)$/m.test(output)) return { reason: 'stale-cache', ...said };
  // npm 12 has forgotten what a shrinkwrap is: to it there is no lockfile.
  if (/can only install with an existing/.test(output)) return { reason: 'other', fix: relock };
  return detail === undefined ? null : { reason: 'other', detail };
}

/** Without a lockfile the newest versions are wanted, not those that were seen last. */
function cacheFlags(frozen: boolean, fresh: boolean): string[] {
  if (fresh) return ['--prefer-online'];
  return frozen ? ['--prefer-offline'] : [];
}

/**
 * npm 12 skips the scripts of dependencies by itself, names them in warnings and still runs those of the project.
 * Before it there is only the flag that skips all of them and names none.
 */
function scriptFlags(allowScripts: boolean, version: string | undefined): string[] {
  if (allowScripts) return ['--loglevel=error'];
  const major = Number(/^\D*(\d+)/.exec(version ?? '')?.[1] ?? 0);
  return major >= 12 ? ['--loglevel=warn'] : ['--ignore-scripts', '--loglevel=error'];
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
