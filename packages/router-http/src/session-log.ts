import { callPlugin } from '@project-runner/core';
import type { LogBatch, Logger, LogSession, LogSinkPlugin, LogWriter } from '@project-runner/core';

/** Lines come together for so long, which makes a write worth it. */
const gatherMs = 200;
/** Lines of a sink that is slow; more are lost, and told. */
const maxWaiting = 10_000;
/** A writer without lines gives its files back. */
const idleMs = 30_000;
/** A sink that hangs does not keep the router from closing. */
const closeMs = 5000;

/** The lines of one deployment on their way to a sink: one write at a time, in order. */
export class SessionLog {
  readonly #sink: LogSinkPlugin;
  readonly #session: LogSession;
  readonly #logger: Logger;
  #lines: string[] = [];
  #lost = 0;
  #next = 1;
  #writer: LogWriter | null = null;
  #working: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: LogSinkPlugin, session: LogSession, logger: Logger) {
    this.#sink = sink;
    this.#session = session;
    this.#logger = logger;
  }

  add(line: string): void {
    if (this.#lines.length >= maxWaiting) {
      this.#lost += 1;
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length === 1 && !this.#working) this.#later(gatherMs);
  }

  /** Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#logger.error(`The access log of ${this.#session.serverId} did not close in ${closeMs} ms`);
        resolve();
      }, closeMs);
    });
    await Promise.race([this.#finish(), late]);
    clearTimeout(timer);
  }

  async #finish(): Promise<void> {
    await this.#working;
    clearTimeout(this.#timer);
    await this.#write();
    await this.#closeWriter();
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#work(), ms);
  }

  #work(): void {
    const idle = this.#lines.length === 0;
    this.#working = (idle ? this.#closeWriter() : this.#write()).finally(() => {
      this.#working = null;
      if (this.#lines.length > 0) this.#later(gatherMs);
      else if (this.#writer) this.#later(idleMs);
    });
  }

  async #write(): Promise<void> {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    try {
      this.#writer ??= await this.#open();
      const writer = this.#writer;
      const batch = toBatch(lines, this.#next);
      this.#next += lines.length;
      await callPlugin(this.#sink, 'write', async () => writer.write(batch));
    } catch (error) {
      this.#lost += lines.length;
      this.#logger.error(`${lines.length} lines of the access log ${this.#session.serverId} are lost`, error);
    }
    if (this.#lost > 0)
      this.#logger.warn(`The access log ${this.#session.serverId} lost ${this.#lost} lines`);
    this.#lost = 0;
  }

  async #open(): Promise<LogWriter> {
    const writer = await callPlugin(this.#sink, 'open', async () => this.#sink.open(this.#session));
    // A log that was there before goes on after its last line.
    this.#next = Math.max(this.#next, (writer.position?.() ?? 0) + 1);
    return writer;
  }

  async #closeWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    if (!writer) return;
    try {
      await callPlugin(this.#sink, 'close', async () => writer.close());
    } catch (error) {
      this.#logger.error(`The access log ${this.#session.serverId} could not be closed`, error);
    }
  }
}

function toBatch(lines: readonly string[], sequence: number): LogBatch {
  return {
    stream: 'stdout',
    time: new Date(),
    bytes: Buffer.from(`${lines.join('\n')}\n`),
    count: lines.length,
    sequence,
    lines: () => lines.map((text) => ({ text })),
  };
}
