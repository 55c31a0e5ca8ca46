import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

import { callPlugin } from '@project-runner/core';
import type { LauncherPlugin, Logger } from '@project-runner/core';
import { readLease, takeLease } from '@project-runner/leases';

import { removeUnreleased } from './remove-unreleased.ts';

const folder = (stateDir: string): string => join(stateDir, 'builds-running');
/** Package managers have nothing to drain. */
const graceMs = 2000;

/** Says that this runner runs a build, whose processes carry `id`, in `dir`. The answer ends it. */
export function claimBuild(stateDir: string, id: string, dir: string): () => void {
  const release = takeLease(folder(stateDir), id, dir);
  return () => release?.({ forget: true });
}

export interface EndOrphanedBuildsOptions {
  stateDir: string;
  /** Nothing outside of it is removed. */
  buildDir: string;
  launcher: LauncherPlugin;
  logger: Logger;
}

/** Stops what is left of builds whose runner was killed, and removes their unfinished files. Never rejects. */
export async function endOrphanedBuilds(options: EndOrphanedBuildsOptions): Promise<void> {
  const dir = folder(options.stateDir);
  for (const id of idsIn(dir)) {
    try {
      await endOrphan(dir, id, options);
    } catch (error) {
      options.logger.warn(`What is left of ${id} could not be removed`, error);
    }
  }
}

async function endOrphan(
  dir: string,
  id: string,
  { launcher, logger, buildDir }: EndOrphanedBuildsOptions,
): Promise<void> {
  const files = readLease(dir, id, { dead: true })?.owner;
  const release = takeLease(dir, id, files ?? '');
  // A living runner has it.
  if (!release) return;
  const handle = await callPlugin(launcher, 'adopt', async () =>
    launcher.adopt?.({ id, ref: null, from: { stdout: 0, stderr: 0 }, onOutput: () => undefined }),
  );
  if (handle) {
    logger.warn(`Stopping ${id}, whose runner was killed`);
    await handle.stop({ graceMs });
    handle.detach?.();
  }
  if (files?.startsWith(buildDir + sep)) await removeUnreleased(files, buildDir);
  release({ forget: true });
}

function idsIn(dir: string): Set<string> {
  try {
    return new Set(readdirSync(dir).flatMap((name) => /^(.+)\.\d+\.json$/.exec(name)?.[1] ?? []));
  } catch {
    // No build was ever run here.
    return new Set();
  }
}
