import type { Command } from './command.ts';
import type { DirectorySnapshot } from './directory-snapshot.ts';

/** How sure a piece of evidence is: a declaration beats a lockfile, a lockfile beats leftovers of an install. */
export type EvidenceStrength = 'declared' | 'lockfile' | 'installed';

export interface PackageManagerEvidence {
  strength: EvidenceStrength;
  /** The file that says so, relative to the folder: `pnpm-lock.yaml`. */
  file: string;
  /** The version the project asks for, or the major that the lockfile tells: `12.21.0`, `1`, `4`. */
  version?: string;
  /** The lockfile in this folder that this manager would install from, whatever the evidence is. */
  lockfile?: string;
  /** Managers whose lockfile may lie beside this one without being a tie (bun keeps a `yarn.lock` for others). */
  tolerates?: readonly string[];
}

export interface InstallOptions {
  /** Install exactly what the lockfile says; never true where there is none. */
  frozen: boolean;
  /** Version as far as known: what the project asks for, else what is installed. */
  version?: string;
  /** Run install scripts of dependencies. Off by default: a stranger's script is code nobody looked at. */
  allowScripts: boolean;
  /** The folder is not part of a workspace: a workspace file further up belongs to somebody else. */
  standalone: boolean;
  /** What the manager has cached of the registry is too old: ask the registry. @default false */
  fresh?: boolean;
}

/** What to tell the user about a failed install, where the manager's words have a known remedy. */
export interface InstallFailure {
  /**
   * `stale-lockfile`: the lockfile does not fit package.json. `stale-cache`: what the manager has cached of the registry
   * does not know a version that is wanted; the runner installs once more, with `fresh`.
   */
  reason: 'stale-lockfile' | 'stale-cache' | 'other';
  /** The command that mends it: `pnpm install --lockfile-only`. */
  fix?: string;
  /** What the manager says in one line: `'nothing@^1.0.0' is not in this registry`. */
  detail?: string;
}

/** Describes one package manager. Every method is pure and synchronous. */
export interface PackageManagerPlugin {
  readonly kind: 'package-manager';
  readonly name: string;
  readonly apiVersion: 1;
  /** What in this one folder speaks for this manager; `null` for nothing. The runner walks up and ranks. */
  detect(directory: DirectorySnapshot): PackageManagerEvidence | null;
  /** The command that installs, devDependencies included, without audit and funding noise. */
  install(options: InstallOptions): Command;
  /** The command that runs a script of package.json. */
  run(script: string, args: readonly string[], options?: { version?: string }): Command;
  /** The command that prints the version. @default the program of `run` with `--version` */
  version?(): Command;
  /** The member patterns of the workspace whose root this folder is: `['packages/*', '!packages/old']`; `null` where it is none. */
  workspacePatterns?(directory: DirectorySnapshot): readonly string[] | null;
  /**
   * Whether a frozen install works in a workspace that lacks members which nobody needs. Where it does not, their
   * manifests are left in place, and their dependencies are installed for nothing. @default false
   */
  toleratesMissingMembers?(options: { version?: string }): boolean;
  /** Names the remedy of a failed install from what the manager printed. */
  explainFailure?(output: string): InstallFailure | null;
  /**
   * Names of packages whose install scripts the manager skipped, from what it printed. Not asked after an install with
   * `--ignore-scripts`: that skips all of them, and the runner names them.
   */
  skippedScripts?(output: string): readonly string[];
}
