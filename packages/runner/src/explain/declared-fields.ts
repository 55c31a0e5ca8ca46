import { readRawManifest } from '../detect/read-manifest.ts';

/** Fields of package.json that name a package manager, word for word. */
export interface DeclaredFields {
  packageManager?: unknown;
  devEngines?: { packageManager: unknown };
}

/**
 * What the like of corepack goes by in a folder: hashes, ranges that it refuses, and what is to happen then, included.
 * `null`: nothing is said.
 * @throws ProjectRunnerError `MANIFEST_INVALID`
 */
export function declaredFields(dir: string): DeclaredFields | null {
  const { packageManager, devEngines } = readRawManifest(dir) ?? {};
  const engine = (devEngines as { packageManager?: unknown } | null | undefined)?.packageManager;
  if (packageManager === undefined && engine === undefined) return null;
  return {
    ...(packageManager === undefined ? {} : { packageManager }),
    ...(engine === undefined ? {} : { devEngines: { packageManager: engine } }),
  };
}

/** Whether one of them may be an address, which the like of corepack would fetch and run. */
export function nameAddress({ packageManager, devEngines }: DeclaredFields): boolean {
  const engines = [devEngines?.packageManager].flat();
  const versions = engines.map((engine) => (engine as { version?: unknown } | null | undefined)?.version);
  return [packageManager, ...versions].some(
    (text) => typeof text === 'string' && !/^[\w.^~<>=|*\s+@-]*$/.test(text),
  );
}
