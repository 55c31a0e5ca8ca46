import type { CliIo } from './cli-io.ts';

/** `uncaught`: not the user, an error that nobody caught. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'output-closed' | 'uncaught';

export interface StopRequests {
  /** Aborts, with the `StopReason` as reason, when there is to be an end. */
  readonly signal: AbortSignal;
  /** The reason, `undefined` as long as there is none. */
  reason(): StopReason | undefined;
  /** As if the user had wanted it; nothing where that has happened already. */
  request(reason: StopReason): void;
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C may come twice: from the terminal, and passed on by the npx or npm that started us. Two within this
 * time, in ms, are one.
 */
const sameKeyMs = 400;

/**
 * Listens for the ways a user ends a command: signals, and a reader of our output that went away (`| head`).
 * `onRepeat` is called for a second SIGINT or SIGTERM.
 */
export function listenForStop(io: CliIo, onRepeat: (signal: 'SIGINT' | 'SIGTERM') => void): StopRequests {
  const controller = new AbortController();
  let firstAt = 0;
  const request = (reason: StopReason): void => {
    if (controller.signal.aborted) return;
    firstAt = performance.now();
    controller.abort(reason);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const known = signal as (typeof signals)[number];
    if (!controller.signal.aborted) request(known);
    else if (known !== 'SIGHUP' && performance.now() - firstAt > sameKeyMs) onRepeat(known);
  };
  // EPIPE from a pipe, EIO from a terminal that is gone: whatever it is, nobody reads this any more.
  const onOutputError = (): void => request('output-closed');
  for (const signal of signals) process.on(signal, onSignal);
  for (const stream of [io.stdout, io.stderr]) stream.on('error', onOutputError);
  return {
    signal: controller.signal,
    reason: () => (controller.signal.aborted ? (controller.signal.reason as StopReason) : undefined),
    request,
    dispose() {
      // The listeners for output errors stay: without one, a late EPIPE would be a crash.
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
