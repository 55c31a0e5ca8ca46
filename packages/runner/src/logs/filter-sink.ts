import { pluginKey, validatePlugin } from '@project-runner/core';
import type {
  LogBatch,
  LogLine,
  LogSession,
  LogSinkPlugin,
  LogStreamName,
  LogWriter,
} from '@project-runner/core';

import { expectObject, flag, onlyKeys, wrong } from '../check-value.ts';
import { isPromise } from '../is-promise.ts';
import { createFilterPosition } from './filter-position.ts';
import { lastOf } from './log-batch.ts';
import { matchingRuns } from './matching-runs.ts';

/** What a sink gets. All that is given must hold. */
export interface SinkFilter {
  /** @default both */
  stream?: LogStreamName;
  /** Ids. For servers of other projects the sink is never opened; an empty list is no project at all. @default all */
  projects?: readonly string[];
  /**
   * A function answers `true` or `false` at once; anything else is told as a failure of the sink, and its lines are lost.
   * Of a line that is longer than the limit, its first part decides for all of it. An expression is the host's own, never a
   * project's: one that backtracks without end on some line holds up the whole runner. @default every line
   */
  pattern?: RegExp | ((line: string) => boolean);
  /**
   * Let `getLogs` ask the sink though `stream` or `pattern` leave holes in what it has.
   * @default false: it is written to only
   */
  read?: boolean;
}

const nothing: LogWriter = { write() {}, close() {} };

/**
 * A sink that gets some of the lines only, in the slot of the one it is made from. What the runner itself says of lines that
 * are missing passes `stream` and `pattern`.
 * @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID`
 */
export function filterSink(sink: LogSinkPlugin, filter: SinkFilter): LogSinkPlugin {
  const plugin = validatePlugin(sink);
  if (plugin.kind !== 'log-sink') throw wrong('filterSink', pluginKey(plugin), 'a log sink');
  check(filter);
  const { stream, projects, read = false } = filter;
  const matches = matcher(filter.pattern);
  const { read: readAll, ...written } = sink;
  const isWhole = stream === undefined && matches === null;

  const filtered = (inner: LogWriter): LogWriter => {
    const position = createFilterPosition();
    /** Whether the line of which the last part came is wanted. */
    const begun = new Map<LogStreamName, boolean>();
    const isWanted = ({ text, partial }: LogLine, of: LogStreamName): boolean => {
      const wanted = begun.get(of) ?? matches?.(text) ?? true;
      if (partial) begun.set(of, wanted);
      else begun.delete(of);
      return wanted;
    };
    const wantedOf = (batch: LogBatch): readonly LogBatch[] => {
      if (batch.notice || isWhole) return [batch];
      if (stream !== undefined && batch.stream !== stream) return [];
      return matches === null ? [batch] : matchingRuns(batch, (line) => isWanted(line, batch.stream));
    };
    const writeAll = (runs: readonly LogBatch[]): void | Promise<void> => {
      for (const [index, run] of runs.entries()) {
        position.skipTo(run.sequence - 1);
        position.writing(lastOf(run));
        const going = inner.write(run);
        if (isPromise(going)) return going.then(() => writeAll(runs.slice(index + 1)));
      }
      return undefined;
    };
    return {
      write(batch) {
        position.skipTo(batch.sequence - 1);
        const going = writeAll(wantedOf(batch));
        const skipRest = (): void => position.skipTo(lastOf(batch));
        if (isPromise(going)) return going.then(skipRest);
        return skipRest();
      },
      close: () => inner.close(),
      ...(inner.position ? { position: () => position.of(inner.position?.() ?? 0) } : {}),
    };
  };

  return {
    ...written,
    open(session: LogSession) {
      if (projects && !projects.includes(session.projectId)) return nothing;
      const opened = sink.open(session);
      return isPromise(opened) ? opened.then(filtered) : filtered(opened);
    },
    ...(readAll && (isWhole || read) ? { read: readAll } : {}),
  };
}

function check(filter: SinkFilter): void {
  expectObject('filterSink', filter);
  onlyKeys('filterSink', filter, ['stream', 'projects', 'pattern', 'read'] satisfies (keyof SinkFilter)[]);
  const { stream, projects, pattern } = filter;
  if (stream !== undefined && stream !== 'stdout' && stream !== 'stderr') {
    throw wrong('filterSink.stream', stream, '"stdout" or "stderr"');
  }
  if (
    projects !== undefined &&
    !(Array.isArray(projects) && projects.every((id) => typeof id === 'string'))
  ) {
    throw wrong('filterSink.projects', projects, 'a list of ids of projects');
  }
  if (pattern !== undefined && typeof pattern !== 'function' && !(pattern instanceof RegExp)) {
    throw wrong('filterSink.pattern', pattern, 'a regular expression, or a function of a line');
  }
  flag('filterSink.read', filter.read);
}

/** `null`: every line. */
function matcher(pattern: SinkFilter['pattern']): ((line: string) => boolean) | null {
  if (pattern === undefined) return null;
  if (typeof pattern === 'function') return (line) => decided(pattern(line));
  // One with `g` or `y` goes on where it matched last, and would see every other line.
  const own = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ''));
  return (line) => own.test(line);
}

/** @throws TypeError: a promise, as of an async function, would let every line through */
function decided(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  if (isPromise(answer)) void Promise.resolve(answer).catch(() => undefined);
  const found = isPromise(answer) ? 'a promise: it must not be async' : String(answer);
  throw new TypeError(`filterSink.pattern must answer true or false at once; found ${found}`);
}
