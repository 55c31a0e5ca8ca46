import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { thisProcess } from '@project-runner/leases';
import type { Holder } from '@project-runner/leases';

/** Says in the folder of a server's log whose it is: folders are named by ids, and a runner may share them. */
export interface LogOwner extends Holder {
  /** Absolute folder of the project. */
  project: string;
}

const name = 'owner.json';

export async function writeLogOwner(logDir: string, project: string): Promise<void> {
  const owner: LogOwner = { project, ...thisProcess() };
  await mkdir(logDir, { recursive: true, mode: 0o700 });
  await writeFile(join(logDir, name), `${JSON.stringify(owner, null, 2)}\n`, { mode: 0o600 });
}

/** `null` for a log that no command of ours wrote. */
export async function readLogOwner(logDir: string): Promise<LogOwner | null> {
  try {
    return JSON.parse(await readFile(join(logDir, name), 'utf8')) as LogOwner;
  } catch {
    return null;
  }
}
