import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger } from '@project-runner/core';
import { readLease, takeLease } from '@project-runner/leases';

import { createCrashedServers } from './crashed-servers.ts';
import type { CrashedServers } from './crashed-servers.ts';
import { parseStored } from './parse-stored.ts';
import { serverIdPattern } from './server-id-pattern.ts';
import type { StoredServer } from './server-state.ts';
import { tidyStateDir } from './tidy-state-dir.ts';

/** Where servers are kept over the runner's death: one folder for each, with `server.json`, `journal` and `runs/`. */
export interface StateStore {
  readonly crashed: CrashedServers;
  /** Makes a server this runner's own; `null` where a living runner has it. The answer gives it back, or forgets it. */
  claim(serverId: string): (() => void) | null;
  /** Whether a living runner has it. */
  isOwned(serverId: string): boolean;
  /** Tells its owner that its end is wanted. */
  wantStop(serverId: string): void;
  isStopWanted(serverId: string): boolean;
  /** By rename, so that it is there wholly or as it was. @throws Error of the file system */
  write(stored: StoredServer): void;
  /** `'missing'`, `'foreign'`: written by a later version, `'damaged'`: anything else that is not one. */
  read(serverId: string): StoredServer | 'missing' | 'foreign' | 'damaged';
  list(): string[];
  journalFile(serverId: string): string;
  runDir(serverId: string, run: number): string;
  /** For sockets of runs; its name is short, since their paths have to be. */
  readonly socketsDir: string;
  /** Runs that have a folder, ascending. */
  runs(serverId: string): number[];
  removeRun(serverId: string, run: number): void;
  remove(serverId: string): void;
  /** Moves a folder that nobody can read out of the way, for people to look at. */
  setAside(serverId: string): string;
  /** Removes what servers that are long gone left. Never rejects. */
  tidy(): Promise<void>;
}

export function createStateStore(stateDir: string, logger: Logger): StateStore {
  const root = join(stateDir, 'servers');
  const owners = join(stateDir, 'owners');
  const folder = (serverId: string): string => join(root, checkedName(serverId));
  const quietly = (what: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      logger.warn(`${what} failed`, error);
    }
  };

  const store: StateStore = {
    crashed: createCrashedServers(join(stateDir, 'crashed'), logger),
    tidy: () => tidyStateDir(stateDir, logger),
    claim(serverId) {
      const release = takeLease(owners, checkedName(serverId), 'supervision');
      return release && (() => release({ forget: !existsSync(folder(serverId)) }));
    },
    isOwned: (serverId) => readLease(owners, checkedName(serverId)) !== null,
    wantStop(serverId) {
      if (!existsSync(folder(serverId))) return;
      quietly(`Telling the owner of server ${serverId} of its stop`, () =>
        writeFileSync(join(folder(serverId), 'stop'), '', { mode: 0o600 }),
      );
    },
    isStopWanted: (serverId) => existsSync(join(folder(serverId), 'stop')),
    write(stored) {
      const dir = folder(stored.server.id);
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const file = join(dir, 'server.json');
      writeFileSync(`${file}.tmp`, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${file}.tmp`, file);
    },
    read(serverId) {
      let text: string;
      try {
        text = readFileSync(join(folder(serverId), 'server.json'), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
        throw error;
      }
      return parseStored(text, serverId);
    },
    list: () => names(root).filter((name) => serverIdPattern.test(name)),
    journalFile: (serverId) => join(folder(serverId), 'journal'),
    runDir: (serverId, run) => join(folder(serverId), 'runs', String(run)),
    socketsDir: join(stateDir, 's'),
    runs: (serverId) =>
      names(join(folder(serverId), 'runs'))
        .map(Number)
        .filter(Number.isInteger)
        .toSorted((a, b) => a - b),
    removeRun: (serverId, run) =>
      quietly(`Removing what run ${run} of server ${serverId} left`, () =>
        rmSync(store.runDir(serverId, run), { recursive: true, force: true }),
      ),
    remove: (serverId) =>
      quietly(`Removing the state of server ${serverId}`, () =>
        rmSync(folder(serverId), { recursive: true, force: true }),
      ),
    setAside(serverId) {
      const aside = join(stateDir, 'damaged', `${checkedName(serverId)}.${Date.now()}`);
      mkdirSync(join(stateDir, 'damaged'), { recursive: true, mode: 0o700 });
      renameSync(folder(serverId), aside);
      return aside;
    },
  };
  return store;
}

/** Ids are parts of paths here. */
function checkedName(id: string): string {
  if (!serverIdPattern.test(id))
    throw new TypeError(`A server's id must be a file name; found ${JSON.stringify(id)}`);
  return id;
}

function names(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
