import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

import { baseEnvironment } from '@project-runner/launcher-local';

/**
 * A small `sh` that waits for the end of this process, however it comes, and then becomes a keeper: a Node that takes
 * its unfinished runs over, so that deadlines are kept, output is drained and what waits gets its turn.
 */
export interface KeeperWatch {
  start(): void;
  /** There is nothing to take over. */
  dismiss(): void;
  /** Somebody is to take over now. */
  handOver(): void;
  /** A keeper at once, for runs of others that nobody looks after. Answers its pid, `null` where it cannot be started. */
  begin(): number | null;
}

/** A line is a good end; no line is the end of who would have written it. */
const script = 'read -r _ && exit; exec "$@"';

/** `null` where there is no `sh`, or no keeper beside this file, as in a bundle. `isIdle`: there is nothing to take over. */
export function createKeeperWatch(args: readonly string[], isIdle: () => boolean): KeeperWatch | null {
  const main = fileURLToPath(new URL(`keeper-main${extension()}`, keeperFolder()));
  if (process.platform === 'win32' || !existsSync(main)) return null;
  let child: ChildProcess | null = null;

  const end = (word: string): void => {
    child?.stdin?.end(word);
    child = null;
    exitListeners.delete(onExit);
  };
  const onExit = (): void => end(isIdle() ? goodEnd : '');
  const start = (): void => {
    if (child) return;
    const started = spawnAside(
      '/bin/sh',
      ['-c', script, 'project-runner', process.execPath, main, ...args],
      'pipe',
    );
    if (!started) return;
    child = started;
    const forget = (): void => {
      if (child === started) end(goodEnd);
    };
    // Somebody killed it, or it could not be started, which is no `exit`: the next run has another one.
    started.once('exit', forget).once('error', forget);
    started.stdin?.on('error', () => undefined);
    (started.stdin as Socket | null)?.unref();
    listenToExit(onExit);
  };
  return {
    start,
    dismiss: () => end(goodEnd),
    handOver() {
      start();
      end('');
    },
    begin: () => spawnAside(process.execPath, [main, ...args], 'ignore')?.pid ?? null,
  };
}

/** Lives on, and keeps nobody from ending. Without one, `null` or not, the runs wait for whoever asks for them next. */
function spawnAside(file: string, args: readonly string[], stdin: 'pipe' | 'ignore'): ChildProcess | null {
  try {
    const child = spawn(file, args, {
      cwd: '/',
      env: baseEnvironment(),
      // A Ctrl-C in the terminal of its caller is not for it.
      detached: true,
      stdio: [stdin, 'ignore', 'ignore'],
    });
    child.once('error', () => undefined);
    child.unref();
    return child;
  } catch {
    // As without memory for another process, which `spawn` throws for.
    return null;
  }
}

const goodEnd = '\n';
const exitListeners = new Set<() => void>();

/** One listener of the process, however many there are that want to hear of its end. */
function listenToExit(listener: () => void): void {
  process.off('exit', onProcessExit).on('exit', onProcessExit);
  exitListeners.add(listener);
}

function onProcessExit(): void {
  for (const listener of exitListeners) listener();
}

/** In the sources this file is in a folder of its own, in the package everything is one file. */
function keeperFolder(): URL {
  return new URL(extension() === '.ts' ? '../' : './', import.meta.url);
}

function extension(): '.ts' | '.js' {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js';
}
