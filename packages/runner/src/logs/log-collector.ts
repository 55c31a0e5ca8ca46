import type { LogEntry, LogStreamName, PaginatedLogEntry, PaginatedLogs } from '@project-runner/core';

import { logPage, structuredEntry } from './log-page.ts';
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
    // A function of its own, so that the same listener given twice is called twice and leaves once.
    const own: LogListener = (line, id, stream) => listener(line, id, stream);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  getLineCount(): number {
    return this.#buffer.getSize();
  }

  /**
   * A page of the lines right before the cursor, or the newest. An unknown cursor gives an empty page.
   * @throws TypeError for a limit that is not a whole number from 1 to 10000
   */
  getPaginated(limit?: number, beforeCursor?: string): PaginatedLogs {
    return logPage((query) => selectEntries(this.#buffer.toArray(), query), {
      ...(limit === undefined ? {} : { limit }),
      ...(beforeCursor === undefined ? {} : { before: beforeCursor }),
    });
  }

  getAllStructured(): PaginatedLogEntry[] {
    return this.#buffer.toArray().map(structuredEntry);
  }

  clear(): void {
    this.#buffer.clear();
  }
}

function text(entries: readonly LogEntry[]): string {
  return entries.map((entry) => entry.text).join('\n');
}
