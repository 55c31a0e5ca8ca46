import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger, ServerStatus } from '@project-runner/core';

import { parseStored } from './parse-stored.ts';
import { serverIdPattern } from './server-id-pattern.ts';
import type { StoredServer } from './server-state.ts';
import { statusOf } from './status-of.ts';

/** What is known of servers that were given up, for people who ask why: a file `{serverId}.json` each. */
export interface CrashedServers {
  keep(stored: StoredServer): void;
  /** `null` for one that is not among them. */
  status(serverId: string): ServerStatus | null;
  /** The deployment was deployed anew. */
  forget(deploymentId: string): void;
}

export function createCrashedServers(dir: string, logger: Logger): CrashedServers {
  const fileOf = (serverId: string): string => join(dir, `${serverId}.json`);
  const read = (serverId: string): StoredServer | null => {
    if (!serverIdPattern.test(serverId)) return null;
    try {
      const stored = parseStored(readFileSync(fileOf(serverId), 'utf8'), serverId);
      return typeof stored === 'string' ? null : stored;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        logger.warn(`What is known of the crashed server ${serverId} could not be read`, error);
      }
      return null;
    }
  };
  return {
    status(serverId) {
      const stored = read(serverId);
      return stored && statusOf(stored, null);
    },
    keep(stored) {
      const file = fileOf(stored.server.id);
      try {
        mkdirSync(dir, { recursive: true, mode: 0o700 });
        writeFileSync(`${file}.tmp`, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
        renameSync(`${file}.tmp`, file);
      } catch (error) {
        logger.warn(`What is known of the crashed server ${stored.server.id} could not be kept`, error);
      }
    },
    forget(deploymentId) {
      try {
        for (const serverId of idsIn(dir)) {
          const isIts = read(serverId)?.server.deploymentId === deploymentId;
          if (isIts) rmSync(fileOf(serverId), { force: true });
        }
      } catch (error) {
        logger.warn(`Crashed servers of deployment ${deploymentId} could not be forgotten`, error);
      }
    },
  };
}

function idsIn(dir: string): string[] {
  try {
    return readdirSync(dir).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
