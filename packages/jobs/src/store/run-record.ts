import { thisProcess } from '@project-runner/leases';
import type { Holder } from '@project-runner/leases';

import type { JobResult } from '../job-result.ts';
import type { ResolvedJobSpec } from '../job-spec.ts';

/** What is kept of a run. Written twice: when it is asked for, and when it has ended. */
export interface RunRecord {
  formatVersion: 1;
  id: string;
  contextId: string;
  /** Tells its processes from all others: the id of a run with a key is the same in every state folder. */
  marker: string;
  /** Without the values of its variables. */
  spec: ResolvedJobSpec;
  /** In ms since 1970. */
  createdAt: number;
  /** Of the creator, from SIGTERM to SIGKILL, in ms, whoever stops it; earlier versions did not keep it. */
  graceMs?: number;
  /** Looks after the run until somebody else takes it over. */
  creator: Holder;
  /** What is not kept longer than needed; `null` once the run has ended. */
  secret: RunSecret | null;
  /** `null` until it has ended. */
  result: JobResult | null;
}

export interface RunSecret {
  /** The whole environment, but for what depends on the attempt. */
  env: Readonly<Record<string, string>>;
  /** Variables that are to have the input. */
  inputVariables: readonly string[];
  /** JSON; `null` where it is too large for a variable. */
  input: string | null;
  /** Name of the file that it is in instead. */
  inputFile: string | null;
}

/**
 * Two lines: what the run is, which stays, and what it needs, in whose place its result comes. To write in place takes a
 * third of the time of another file and a rename. Where that is cut off by a crash or a full disk, what was needed to
 * start the run is lost, and not needed any more; the result is made again of what the run left.
 */
export function formatRecord({ secret, result, ...rest }: RunRecord): [head: string, tail: string] {
  return [`${JSON.stringify(rest)}\n`, `${JSON.stringify(result ? { result } : { secret })}\n`];
}

/** `null` for what is no record. */
export function parseRecord(text: string, id: string): RunRecord | null {
  const end = text.indexOf('\n');
  const head = parseLine(text.slice(0, end)) as Partial<RunRecord> | null;
  const isWhole =
    end !== -1 &&
    head?.formatVersion === 1 &&
    head.id === id &&
    typeof head.contextId === 'string' &&
    typeof head.marker === 'string' &&
    Array.isArray(head.spec?.argv) &&
    typeof head.createdAt === 'number' &&
    typeof head.creator?.pid === 'number';
  if (!isWhole) return null;
  // A result without its line ending is not on the disk yet; one of an earlier boot was, or it would not be whole.
  const isWritten = text.endsWith('\n') && text.length > end + 1;
  const isOfEarlierBoot = head.creator?.bootId !== null && head.creator?.bootId !== thisProcess().bootId;
  const tail =
    isWritten || isOfEarlierBoot ? (parseLine(text.slice(end + 1)) as Partial<RunRecord> | null) : null;
  return { ...(head as RunRecord), secret: tail?.secret ?? null, result: tail?.result ?? null };
}

/**
 * The result of a record that was written wholly, by somebody who did not live to see it on the disk; `null` for all
 * others. As long as the machine runs, none of it can be lost: whoever takes the run over brings it to the disk.
 */
export function parseUnsureResult(text: string, id: string): JobResult | null {
  if (text.endsWith('\n')) return null;
  const tail = parseLine(text.slice(text.indexOf('\n') + 1)) as Partial<RunRecord> | null;
  return tail?.result?.id === id ? tail.result : null;
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // It is just being written, or never was wholly.
    return null;
  }
}
