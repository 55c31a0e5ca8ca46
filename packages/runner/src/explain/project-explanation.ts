import type { ErrorCode, ProbeRole } from '@project-runner/core';

import type { BuildInputs } from '../build/cache/build-inputs.ts';

/** A command as it would be run. Variables are told by name only. */
export interface ExplainedCommand {
  file: string;
  args: readonly string[];
  /** Absolute; in a build it is the copy of this folder. */
  cwd: string;
  /** Those of the command itself. */
  env: readonly string[];
}

/** What would be detected and run of a project, and why. Plain data. */
export interface ProjectExplanation {
  dir: string;
  name: string;
  /** Root of the workspace that it is a member of; `null`: it stands alone. */
  workspaceRoot: string | null;
  /** Members of the workspace that it does not need, which are left out of the copy. */
  leftOut: readonly string[];
  packageManager: {
    name: string;
    /** What decided: `lockfile by …/pnpm-lock.yaml`. */
    reason: string;
    /** The field of package.json that names it: `packageManager` or `devEngines.packageManager`; `null`: none. */
    declaredIn: string | null;
    /** That the project asks for, as far as it says; an address is without its user and password. */
    wanted: string | null;
    /** That is there; `null` where it is not needed, cannot be asked, or only code of the project tells it. */
    found: string | null;
    /** Why none was found; `null` otherwise. */
    foundReason: string | null;
    lockfile: string | null;
    installDir: string;
  };
  framework: { name: string; reason: string };
  /** `null`: it is skipped. */
  install: (ExplainedCommand & { frozen: boolean; installScripts: boolean }) | null;
  build: {
    /** The script of package.json. */
    script: string | null;
    /** `null`: nothing is built. */
    command: ExplainedCommand | null;
    /** What has to be there afterwards, relative to the project; `null`: nothing is looked for, or not known before. */
    output: string | null;
    /** Why it is not known before; `null` otherwise. */
    outputReason: string | null;
  };
  /** `null` where it is known only after the build; then `reason` says why. */
  start: (ExplainedCommand & { workingFolder: 'release' | 'data'; wrapped: boolean }) | null;
  startReason: string | null;
  /** Names of variables, sorted. */
  variables: {
    build: readonly string[];
    server: readonly string[];
    /** Those that tell the server its address. */
    address: readonly string[];
    /** Of these the values are masked in logs. */
    secret: readonly string[];
  };
  /** Which path probes are told, and what each asks. */
  health: ToldPath & { probes: readonly ExplainedProbe[] };
  /** `start` and `end`: of the preset's strategy only. */
  ports: {
    strategy: string;
    start: number | null;
    end: number | null;
    /** A strategy that holds ports, which the preset's does not, could give the server the socket of its port. */
    mayShareSocket: boolean;
  };
  stop: { drainSeconds: number; graceMs: number };
  /** Options of plugins that the project has set, by key. */
  projectOptions: readonly string[];
  /** Why what package.json sets in its field `project-runner` is not used; `null` where it is, or there is nothing. */
  projectOptionsReason: string | null;
  cache: ExplainedCache | null;
  /** Why nothing is told of it; `null` otherwise. */
  cacheReason: string | null;
  /** What would fail a build although all of this is known: its package manager is not there, or of the other kind. */
  problem: { code: ErrorCode; message: string; hint: string | null } | null;
}

export interface ToldPath {
  path: string;
  /** `guess`: a server that has no such path is well, too. */
  from: 'configuration' | 'framework' | 'guess';
}

export interface ExplainedProbe {
  /** Such as `health-probe:http`. */
  key: string;
  roles: readonly ProbeRole[];
  /** That it asks, as far as it says. */
  path: string;
  /** `probe`: of its own options, or its code; `project`: of package.json. */
  from: ToldPath['from'] | 'probe' | 'project';
}

/** What the build is found again by. */
export interface ExplainedCache {
  fingerprint: string;
  /** Digests, names and versions; of variables the names. */
  parts: Omit<BuildInputs, 'variables'> & { variables: readonly string[] };
  /** There is a build of the same. */
  built: boolean;
  /** What has changed since the last build; nothing where there was none. */
  changes: readonly string[];
}
