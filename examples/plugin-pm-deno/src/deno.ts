import type { DirectorySnapshot, PackageManagerEvidence, PackageManagerPlugin } from '@project-runner/core';

import { denoConfig } from './deno-config.ts';

const lockfile = 'deno.lock';
/** Settings without a lockfile say no more than what an install left: many use them to lint and format only. */
const weak = ['deno.json', 'deno.jsonc', 'node_modules/.deno'] as const;

const settings = {
  // It must not ask, nor look for a newer Deno.
  DENO_NO_PROMPT: '1',
  DENO_NO_UPDATE_CHECK: '1',
} as const;

/** Deno 2, as a package manager for what Node starts. */
export function deno(): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'deno',
    apiVersion: 1,
    detect,
    install: ({ frozen, allowScripts, fresh = false }) => ({
      file: 'deno',
      args: [
        'install',
        // Said in both cases: a deno.json may have made either the default.
        frozen ? '--frozen' : '--frozen=false',
        // Node knows no packages but those in node_modules, which a deno.json may have switched off.
        '--node-modules-dir=auto',
        ...(allowScripts ? ['--allow-scripts'] : []),
        ...(fresh ? ['--reload'] : []),
      ],
      // It colours what it prints also where nobody sees it, and `explainFailure` has to read that.
      env: { ...settings, NO_COLOR: '1' },
    }),
    run: (script, args) => ({ file: 'deno', args: ['task', script, ...args], env: settings }),
    // `deno --version` prints more than that.
    version: () => ({ file: 'deno', args: ['eval', '--print', 'Deno.version.deno'], env: settings }),
    workspacePatterns: (directory) => directory.manifest?.workspaces ?? denoConfig(directory).workspace,
    explainFailure(output) {
      if (/The lockfile is out of date/.test(output)) {
        return { reason: 'stale-lockfile', fix: 'deno install --lockfile-only --frozen=false' };
      }
      const [, detail] =
        /^error: (npm package .* does not exist|Could not find npm package .*?)\.?$/m.exec(output) ?? [];
      return detail === undefined ? null : { reason: 'other', detail };
    },
    skippedScripts,
  };
}

function detect(directory: DirectorySnapshot): PackageManagerEvidence | null {
  const declared = directory.manifest?.declaredPackageManager;
  const found = directory.has(lockfile) ? { lockfile } : {};
  if (declared?.name === 'deno') {
    const version = declared.version ? { version: declared.version } : {};
    return { strength: 'declared', file: 'package.json', ...version, ...found };
  }
  if (found.lockfile) return { strength: 'lockfile', file: lockfile, ...found };
  const file = weak.find((name) => directory.has(name));
  return file ? { strength: 'installed', file } : null;
}

/** The warning is a box with a package a line: `│  npm:@scope/name@1.0.0`. */
function skippedScripts(output: string): string[] {
  const [, box = ''] = /Ignored build scripts for packages:\n((?:│ +npm:\S+\n)+)/.exec(output) ?? [];
  return Array.from(box.matchAll(/npm:(@?[^@\s]+)@\S+/g), ([, name]) => name ?? '');
}
