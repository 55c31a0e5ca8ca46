import type { DirectorySnapshot, PackageManifest } from '@project-runner/core';

export interface MemoryDirectoryOptions {
  manifest?: Partial<PackageManifest>;
  /** @default '/project' */
  dir?: string;
}

/** A folder in memory, for tests of detection: names of files and their texts. */
export function memoryDirectory(
  files: Readonly<Record<string, string>> = {},
  { manifest, dir = '/project' }: MemoryDirectoryOptions = {},
): DirectorySnapshot {
  const names = Object.keys(files);
  return {
    dir,
    manifest: manifest && { scripts: {}, dependencies: {}, devDependencies: {}, ...manifest },
    has: (path) => names.some((name) => name === path || name.startsWith(`${path}/`)),
    read: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
  };
}
