import type {
  PortLease,
  ProcessExit,
  ProcessHandle,
  ProcessRef,
  RunningServer,
  ServerStatus,
} from '@project-runner/core';

import type { Address, StoredServer } from './server-state.ts';
import { statusOf } from './status-of.ts';
import type { SupervisionContext } from './supervision-context.ts';

/** Until the next try to write down what could not be written. */
const retryMs = 1000;

type Context = Pick<SupervisionContext, 'store' | 'durable' | 'logger' | 'events'>;

/**
 * What is known of a server, in memory and, where servers outlive the runner, in its file; each change of its state is
 * one method, which tells of it, too.
 */
export class KeptState {
  readonly #context: Context;
  #stored: StoredServer;
  #nextStartAt: Date | null = null;
  #unwritten: NodeJS.Immediate | null = null;
  #retry: NodeJS.Timeout | null = null;

  constructor(stored: StoredServer, context: Context) {
    this.#stored = stored;
    this.#context = context;
  }

  get stored(): Readonly<StoredServer> {
    return this.#stored;
  }

  /** A copy of the record. */
  get server(): RunningServer {
    return { ...this.#stored.server };
  }

  get isOver(): boolean {
    return this.#stored.state === 'exited' || this.#stored.state === 'crashed';
  }

  /** By this runner, or by an earlier one that was killed before it had put everything away. */
  get #isGivenUp(): boolean {
    return this.#stored.lastLines !== undefined;
  }

  status(handle: ProcessHandle | null): ServerStatus {
    return statusOf(this.#stored, handle, this.#nextStartAt);
  }

  /** The number of the run that begins, and its folder. */
  beginRun({ port, host }: PortLease): { run: number; dir?: string } {
    const { store, durable } = this.#context;
    const run = this.#stored.run + 1;
    this.#change(
      { run, ref: null, state: 'starting', probeSocket: undefined },
      { healthStatus: 'starting', port, host },
    );
    this.#write();
    this.#removeOldRuns();
    return durable ? { run, dir: store.runDir(this.#stored.server.id, run) } : { run };
  }

  /** From now on it is started like this. */
  planned({ launch, secretNames }: Pick<StoredServer, 'launch' | 'secretNames'>): void {
    this.#change({ launch, secretNames });
  }

  /** `probeSocket`: where exactly this process answers, if its port may be shared. */
  spawned(ref: ProcessRef, probeSocket?: string): void {
    this.#change({ ref, probeSocket }, { processId: ref.pid, startedAt: new Date() });
    this.#context.events.emit('spawned', { server: this.server, run: this.#stored.run, pid: ref.pid });
  }

  ready(host: string, port: number): void {
    const lastHealthCheck = new Date();
    this.#change({ state: 'ready' }, { healthStatus: 'healthy', lastHealthCheck, host, port });
    this.#write();
    this.#removeOldRuns();
  }

  /** Traffic goes there from now on. */
  serves(servesAt: Address): void {
    this.#change({ servesAt });
    this.#write();
  }

  exited(exit: ProcessExit, wanted: boolean, lastError?: string): void {
    this.#change({ lastExit: exit, ...(lastError === undefined || this.#isGivenUp ? {} : { lastError }) });
    this.#context.events.emit('exited', { server: this.server, run: this.#stored.run, exit, wanted });
  }

  /** It does not serve, and somebody thinks about what to do. */
  unwell(lastError: string): void {
    this.#change({ state: 'backoff', lastError }, { healthStatus: 'unhealthy' });
  }

  backOff(delayMs: number, reason: string): void {
    const restarts = this.#stored.restarts + 1;
    this.#nextStartAt = new Date(Date.now() + delayMs);
    this.#change({ state: 'backoff', restarts }, { healthStatus: 'unhealthy' });
    this.#context.events.emit('restarting', { server: this.server, delayMs, restarts, reason });
  }

  stopping(): void {
    this.#change({ state: 'stopping' }, { healthStatus: 'stopping' });
    this.#write();
  }

  crashed(reason: string, lastLines: readonly string[]): void {
    this.#change({ lastError: reason, lastLines });
    this.#context.logger.error(`Server ${this.#stored.server.id} is given up: ${reason}`);
    this.#context.events.emit('crashed', { server: this.server, reason, lastLines });
  }

  /** From now on there is nothing to find again, but why it was given up. */
  settled(ended: 'exited' | 'crashed'): void {
    const state = this.#isGivenUp ? 'crashed' : ended;
    const server = { ...this.#stored.server, healthStatus: 'unhealthy' as const, stoppedAt: new Date() };
    this.#stored = { ...this.#stored, state, server };
    if (this.#unwritten) clearImmediate(this.#unwritten);
    this.#unwritten = null;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    const { store, durable } = this.#context;
    if (durable && state === 'crashed') store.crashed.keep(this.#stored);
    if (durable) store.remove(server.id);
    this.#context.events.emit('settled', { server: this.server });
  }

  /** Writes down what is not yet; nothing is written from now on. */
  close(): void {
    this.#write();
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #change(changes: Partial<StoredServer>, server: Partial<RunningServer> = {}): void {
    // Nothing is left to find again: what comes late must not bring it back.
    if (this.isOver) return;
    this.#stored = { ...this.#stored, ...changes, server: { ...this.#stored.server, ...server } };
    if (this.#context.durable) this.#unwritten ??= setImmediate(() => this.#write());
  }

  /** The output of the run before may not have reached every sink yet. */
  #removeOldRuns(): void {
    const { store, durable } = this.#context;
    const { server, run } = this.#stored;
    const old = durable && run > 2 ? store.runs(server.id) : [];
    for (const each of old.filter((number) => number < run - 1)) store.removeRun(server.id, each);
  }

  /** Changes of one turn are written once; this is for those that must be there before anything else happens. */
  #write(): void {
    if (!this.#unwritten) return;
    clearImmediate(this.#unwritten);
    this.#unwritten = null;
    this.#keep();
  }

  #keep(): void {
    const isRetry = this.#retry !== null;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    try {
      this.#context.store.write(this.#stored);
    } catch (error) {
      // A full disk: the server goes on, and what is kept of it is what it was until there is space again.
      this.#retry = setTimeout(() => this.#keep(), retryMs).unref();
      if (isRetry) return;
      this.#context.logger.warn(`The state of server ${this.#stored.server.id} could not be kept`, error);
    }
  }
}
