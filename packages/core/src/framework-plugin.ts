import type { Command } from './command.ts';
import type { DirectorySnapshot } from './directory-snapshot.ts';

export interface FrameworkEvidence {
  /** `specific`: the project uses this framework. `fallback`: it would do where nothing better is found. */
  strength: 'specific' | 'fallback';
  /** What says so: `dependency @mastra/core`. */
  reason: string;
}

/** An install that the build runs by itself, in a folder that it writes. */
export interface NestedInstall {
  /** Where the build writes a package.json and installs, relative to the project: `.mastra/output`. */
  dir: string;
  /** Names of what that install adds there, as far as it does: `['node_modules', 'package-lock.json']`. */
  adds: readonly string[];
  /** Variables that make the build leave it out, and nothing else. */
  skipEnv: Readonly<Record<string, string>>;
}

/** What a build of the project is. */
export interface BuildPlan {
  /** The script of package.json that builds, `undefined` where nothing has to be built. */
  script?: string;
  /** What runs the build where package.json has no such script; `undefined`: nothing. */
  command?: Command;
  /** Variables for install and build; the user's win. */
  env?: Readonly<Record<string, string>>;
  /** Left out, and its result taken from an earlier build, where the dependencies and its package.json are the same. */
  nestedInstall?: NestedInstall;
}

/** A file or folder of a build that the server looks for in another place. Both paths are relative to the project, inside of it. */
export interface OutputCopy {
  from: string;
  /** Where it goes; a folder that is there already keeps what `from` does not have. */
  to: string;
}

/** What to tell a server about its address. */
export interface StartAddress {
  host: string;
  port: number;
}

export interface StartPlan {
  command: Command;
  /** `release`: the built folder. `data`: the deployment's own folder, the same over all releases. */
  cwd: 'release' | 'data';
  /** The command is a wrapper (a script that could not be resolved to its entry), so the server is a child of it. */
  wrapped?: boolean;
}

/** What a message on the IPC channel says, `null` for a message that means something else. */
export interface ReadyMessage {
  /** The port that is bound, where the message tells. */
  port?: number;
}

/** Knows what a build leaves behind, how it is started and how it is told its port. Every method is pure and synchronous. */
export interface FrameworkPlugin {
  readonly kind: 'framework';
  readonly name: string;
  readonly apiVersion: 1;
  detect(project: DirectorySnapshot): FrameworkEvidence | null;
  /** How the project is built. */
  build(project: DirectorySnapshot): BuildPlan;
  /**
   * The entry that must exist after a build, relative to the project: `.mastra/output/index.mjs`.
   * `null` where the project has no single file to look for (a script that only its wrapper understands).
   */
  output(project: DirectorySnapshot): string | null;
  /** What the runner copies after the build, in this order. Each `from` must be there. */
  copies?(project: DirectorySnapshot): readonly OutputCopy[];
  /** How the built project is started. */
  start(release: DirectorySnapshot): StartPlan;
  /** The variables that tell a server its port and host. */
  env(address: StartAddress): Readonly<Record<string, string>>;
  /** The path of the health probe; `undefined`: not known, a guess is tried and a port that accepts is enough. */
  readonly healthPath?: string;
  /** Reads a message of the IPC channel; without this method no channel is opened. */
  readyMessage?(message: unknown): ReadyMessage | null;
  /** How long the server may take from SIGTERM to its end, in seconds. */
  readonly drainSeconds: number;
}
