import type { LogEntry, LogStreamName, PaginatedLogs } from '@project-runner/core';

import { paginateLogs } from './paginate-logs.ts';
import { RingBuffer } from './ring-buffer.ts';
import { selectEntries } from './select-entries.ts';

export type LogListener = (line: string, id: string, stream: LogStreamName) => void;

/** Collects lines of one process in memory, for people who build their own runner. */
export class LogCollector {
  readonly #buffer: RingBuffer<LogEntry>;
  readonly #listeners = new Set<LogListener>();
  #sequence = 0;

  constructor(maxLines = 10_000) {
    this.#buffer = new RingBuffer(maxLines);
  }

  append(line: string, stream: LogStreamName = 'stdout'): void {
    this.#sequence += 1;
    this.#buffer.push({ sequence: this.#sequence, time: new Date(), stream, text: line });
    for (const listener of this.#listeners) {
      try {
        listener(line, String(this.#sequence), stream);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }

  appendMultiple(lines: readonly string[]): void {
    for (const line of lines) this.append(line);
  }

  getAll(): string {
    return text(this.#buffer.toArray());
  }

  getTail(lines: number): string {
    return text(this.#buffer.getTail(lines));
  }

  getSince(since: Date): string {
    return text(selectEntries(this.#buffer.toArray(), { since }));
  }

  /** Calls for every line from now on. */
  stream(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  getLineCount(): number {
    return this.#buffer.getSize();
  }

  getPaginated(limit = 100, beforeCursor?: string): Promise<PaginatedLogs> {
    const read = (query: Parameters<typeof selectEntries>[1]): Promise<LogEntry[]> =>
      Promise.resolve(selectEntries(this.#buffer.toArray(), query));
    return paginateLogs(read, beforeCursor === undefined ? { limit } : { limit, before: beforeCursor });
  }

  clear(): void {
    this.#buffer.clear();
  }
}

function text(entries: readonly LogEntry[]): string {
  return entries.map((entry) => entry.text).join('\n');
}
