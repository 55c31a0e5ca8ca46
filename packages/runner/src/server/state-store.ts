import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger } from '@project-runner/core';
import { readLease, takeLease } from '@project-runner/leases';

import type { StoredServer } from './server-state.ts';

/** Where servers are kept over the runner's death: one folder for each, with `server.json`, `journal` and `runs/`. */
export interface StateStore {
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
  /** Runs that have a folder, ascending. */
  runs(serverId: string): number[];
  removeRun(serverId: string, run: number): void;
  remove(serverId: string): void;
  /** Moves a folder that nobody can read out of the way, for people to look at. */
  setAside(serverId: string): string;
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
    list: () => names(root).filter((name) => namePattern.test(name)),
    journalFile: (serverId) => join(folder(serverId), 'journal'),
    runDir: (serverId, run) => join(folder(serverId), 'runs', String(run)),
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

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;

/** Ids are parts of paths here. */
function checkedName(id: string): string {
  if (!namePattern.test(id))
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

function parseStored(text: string, serverId: string): StoredServer | 'foreign' | 'damaged' {
  try {
    const value = JSON.parse(text) as Partial<StoredServer> | null;
    if (typeof value?.formatVersion === 'number' && value.formatVersion > 1) return 'foreign';
    const { server, session, launch } = value ?? {};
    const isWhole =
      value?.formatVersion === 1 &&
      server?.id === serverId &&
      session?.serverId === serverId &&
      Number.isInteger(value.run) &&
      typeof value.state === 'string' &&
      typeof launch?.file === 'string' &&
      Array.isArray(launch.args) &&
      typeof launch.cwd === 'string' &&
      Array.isArray(value.secretNames);
    return isWhole ? withDates(value as StoredServer) : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** JSON has no dates. */
function withDates(stored: StoredServer): StoredServer {
  const date = (value: Date | null): Date | null => (value === null ? null : new Date(value));
  const { server } = stored;
  return {
    ...stored,
    server: {
      ...server,
      startedAt: new Date(server.startedAt),
      stoppedAt: date(server.stoppedAt),
      lastHealthCheck: date(server.lastHealthCheck),
    },
  };
}
