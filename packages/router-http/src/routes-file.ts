import { mkdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import { readLease, takeLease } from '@project-runner/leases';

import { checkRoute } from './stored-route.ts';
import type { StoredRoute } from './stored-route.ts';

/** Where routes outlive the router. */
export interface RoutesFile {
  /** What was there when it was opened. */
  readonly routes: readonly StoredRoute[];
  /** All or nothing; one at a time. @throws Error of the file system */
  write(routes: readonly StoredRoute[]): Promise<void>;
  close(): void;
}

interface Content {
  version: 1;
  routes: readonly StoredRoute[];
}

/**
 * Leased by this process: two writers would undo each other's routes.
 * @throws ProjectRunnerError `ROUTES_FILE_IN_USE`, `ROUTES_FILE_INVALID`; Error of the file system
 */
export function openRoutesFile(file: string): RoutesFile {
  const dir = dirname(file);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const key = `${basename(file)}.lease`;
  const release = takeLease(dir, key, 'router-http');
  if (!release) {
    const holder = readLease(dir, key);
    throw new ProjectRunnerError(
      'ROUTES_FILE_IN_USE',
      `The routes in ${file} belong to another router${holder ? `, of process ${holder.pid}` : ''}`,
      { hint: 'Close that router, or give this one a routesFile of its own' },
    );
  }
  try {
    return { routes: read(file), write: (routes) => write(file, routes), close: release };
  } catch (error) {
    release();
    throw error;
  }
}

function read(file: string): StoredRoute[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const content = JSON.parse(text) as Partial<Content> | null;
    if (content?.version !== 1 || !Array.isArray(content.routes)) {
      throw new TypeError('expected { "version": 1, "routes": […] }');
    }
    return content.routes.map(checkRoute);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProjectRunnerError('ROUTES_FILE_INVALID', `${file} does not hold routes: ${reason}`, {
      cause: error,
      hint: 'Mend it, or delete it and deploy again',
    });
  }
}

/** One name for the draft: what a kill leaves of it goes with the next write. */
async function write(file: string, routes: readonly StoredRoute[]): Promise<void> {
  const draft = `${file}.draft`;
  const content: Content = { version: 1, routes };
  try {
    await writeFile(draft, `${JSON.stringify(content)}\n`, { mode: 0o600, flush: true });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}
