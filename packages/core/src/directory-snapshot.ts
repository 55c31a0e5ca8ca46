import type { PackageManifest } from './package-manifest.ts';

/**
 * One folder as a hook sees it: synchronous, read-only and closed: a path that leaves the folder does not exist.
 * Detection is a pure function of it.
 */
export interface DirectorySnapshot {
  /** Absolute path. For messages and for building absolute arguments; do not read the disk with it. */
  readonly dir: string;
  /** `package.json` of this folder, `undefined` where there is none. */
  readonly manifest: PackageManifest | undefined;
  /** Whether a file or folder of that relative path exists. */
  has(path: string): boolean;
  /** The text of a file, `undefined` where there is none. */
  read(path: string): string | undefined;
}
