/** A server that is to be drained before its process is told of a SIGTERM. */
export interface Draining {
  stopAccepting(): void;
  drain(deadlineMs: number): Promise<void>;
  end(): void;
}

type Emit = (event: string, ...args: unknown[]) => boolean;

/**
 * Keeps the first SIGTERM back until the server is drained: then it is delivered, to the program's own handlers or, where
 * it has none, to the system, which ends the process. A second one is delivered at once. What the program does on SIGTERM is
 * so the same as ever, only with no request left that it could break off.
 */
export function drainOnSigterm(deadlineMs: number): (server: Draining) => void {
  let draining: Draining | null = null;
  let isSignalled = false;
  let isDelivered = false;
  const emit = process.emit.bind(process) as unknown as Emit;
  // Without a listener Node leaves the signal to the system.
  const listener = (): void => undefined;
  const deliver = (): void => {
    if (isDelivered) return;
    isDelivered = true;
    draining?.end();
    process.off('SIGTERM', listener);
    if (process.listenerCount('SIGTERM') > 0) emit('SIGTERM', 'SIGTERM', 15);
    else process.kill(process.pid, 'SIGTERM');
  };
  const onSignal = async (): Promise<void> => {
    draining?.stopAccepting();
    await draining?.drain(deadlineMs);
    deliver();
  };
  // Node binds it when the first listener comes, so it has to be in its place before.
  (process as { emit: Emit }).emit = (event, ...args) => {
    if (event !== 'SIGTERM' || isDelivered) return emit(event, ...args);
    if (isSignalled || !draining) deliver();
    else void onSignal();
    isSignalled = true;
    return true;
  };
  process.on('SIGTERM', listener);
  return (server) => {
    draining = server;
  };
}
