import { callPlugin, pluginKey } from '@project-runner/core';
import type { LogEntry, Logger, LogQuery, LogSession, LogSinkPlugin } from '@project-runner/core';

import { withinMs } from '../within.ts';

export interface ReadSinksOptions {
  sinks: readonly LogSinkPlugin[];
  session: LogSession;
  logger: Logger;
}

const readDeadlineMs = 5000;

/**
 * Asks the sinks in order until one has something to say. Where that is less than the `tail` asked for, or
 * may begin after the `since`, the next one may add older lines. A sink that fails or does not answer in 5 s is passed over.
 */
export async function readSinks(options: ReadSinksOptions, query: LogQuery): Promise<readonly LogEntry[]> {
  const { tail } = query;
  let found: readonly LogEntry[] = [];
  for (const sink of options.sinks) {
    if (!sink.read) continue;
    const entries = await readSink(sink, options, query);
    const oldest = found[0]?.sequence ?? Number.POSITIVE_INFINITY;
    const older = entries.filter((entry) => entry.sequence < oldest);
    if (older.length > 0) found = [...older, ...found];
    if (isEnough(found, query)) break;
  }
  return tail === undefined ? found : found.slice(Math.max(0, found.length - Math.max(0, tail)));
}

/** Without a bound the first sink's answer is all: a whole log on disk may be far more than anybody wants in memory. */
function isEnough(found: readonly LogEntry[], { tail, since }: LogQuery): boolean {
  if (found[0]?.sequence === 1) return true;
  if (tail !== undefined) return found.length >= tail;
  return found.length > 0 && since === undefined;
}

/** The number of a session's last line that is kept, 0 without one: where a log goes on that an earlier runner began. */
export async function readLastSequence(options: ReadSinksOptions): Promise<number> {
  return (await readSinks(options, { tail: 1 })).at(-1)?.sequence ?? 0;
}

async function readSink(
  sink: LogSinkPlugin,
  { session, logger }: ReadSinksOptions,
  query: LogQuery,
): Promise<readonly LogEntry[]> {
  const late = (): readonly LogEntry[] => {
    logger.warn(`[${pluginKey(sink)}] read did not answer in ${readDeadlineMs} ms`);
    return [];
  };
  try {
    const answer = callPlugin(sink, 'read', () => sink.read?.(session, query) ?? []);
    return await withinMs(Promise.resolve(answer), readDeadlineMs, late);
  } catch (error) {
    logger.warn(`[${pluginKey(sink)}] could not be read for server ${session.serverId}`, error);
    return [];
  }
}
