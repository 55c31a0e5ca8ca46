import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { tempFolder } from './temp-folder.ts';

/** PM2 by its own API, with a daemon and a home of its own. */
export interface Pm2 {
  readonly daemonPid: number;
  start(options: { script: string; name: string; [option: string]: unknown }): Promise<void>;
  stop(name: string): Promise<void>;
  /** Starts it anew: in cluster mode the new process first. */
  reload(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  delete(name: string): Promise<void>;
  /** Ends the daemon; `openPm2` starts a new one. */
  close(): Promise<void>;
}

type Done = (error?: Error | null) => void;
interface Pm2Api {
  connect(done: Done): void;
  start(options: object, done: Done): void;
  stop(name: string, done: Done): void;
  reload(name: string, done: Done): void;
  restart(name: string, done: Done): void;
  delete(name: string, done: Done): void;
  killDaemon(done: Done): void;
  disconnect(): void;
}

let loaded: { home: string; api: Pm2Api } | null = null;

/** `null` when it is not installed. */
export async function openPm2(): Promise<Pm2 | null> {
  loaded ??= load();
  if (!loaded) return null;
  const { home, api } = loaded;
  await promisify(api.connect.bind(api))();
  const daemonPid = Number(readFileSync(join(home, 'pm2.pid'), 'utf8'));
  // It would outlive a benchmark that is cut short; it takes its servers with it.
  const endDaemon = (): void => void process.kill(daemonPid);
  process.once('exit', endDaemon);
  return {
    daemonPid,
    start: promisify(api.start.bind(api)),
    stop: promisify(api.stop.bind(api)),
    reload: promisify(api.reload.bind(api)),
    restart: promisify(api.restart.bind(api)),
    delete: promisify(api.delete.bind(api)),
    async close() {
      process.off('exit', endDaemon);
      await promisify(api.killDaemon.bind(api))();
      api.disconnect();
    },
  };
}

/** It reads its home from the environment, once. */
function load(): { home: string; api: Pm2Api } | null {
  const { dir: home } = tempFolder('pm2');
  process.env.PM2_HOME = home;
  try {
    return { home, api: createRequire(import.meta.url)('pm2') as Pm2Api };
  } catch {
    // Not installed: the table says so.
    return null;
  }
}
