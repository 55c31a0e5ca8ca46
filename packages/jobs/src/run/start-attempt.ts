import type {
  AdoptRequest,
  LauncherPlugin,
  LogStreamName,
  OutputReceiver,
  ProcessHandle,
} from '@project-runner/core';

import type { ResolvedJobSpec } from '../job-spec.ts';
import type { RunRecord, RunSecret } from '../store/run-record.ts';
import type { RunFiles } from '../store/run-files.ts';
import { unwritable } from '../store/unwritable.ts';
import { launchLimits } from './enforce-limits.ts';
import { attemptEnvironment } from './job-environment.ts';
import { keepTail } from './keep-tail.ts';
import type { Tail } from './keep-tail.ts';

/** A process of a run, running or ended. */
export interface Attempt {
  number: number;
  handle: ProcessHandle;
  stdout: Tail;
  stderr: Tail;
}

/** Of stdout all is kept up to so much, because it may be the output. */
const stdoutBytes = 16 * 1024 * 1024;
/** Of stderr, and of a stdout that is longer. */
const tailBytes = 64 * 1024;

/** @throws ProjectRunnerError `SPAWN_FAILED`, `STATE_UNWRITABLE` */
export async function startAttempt(
  { marker, spec }: RunRecord,
  secret: RunSecret,
  files: RunFiles,
  number: number,
  launcher: LauncherPlugin,
): Promise<Attempt> {
  const [file, ...args] = spec.argv;
  const { receiver, attemptOf } = receive(files, number);
  const handle = await launcher.launch({
    id: attemptId(marker, number),
    file: file === 'node' ? process.execPath : file,
    args,
    cwd: spec.cwd,
    env: environmentOf(spec, secret, files, number),
    ipc: false,
    dir: files.launch(number),
    claim: files.claim(number),
    limits: launchLimits(spec),
    ...(secret.inputFile === null ? {} : { stdin: files.input(secret.inputFile) }),
    ...receiver,
  });
  return attemptOf(handle);
}

/** Takes over what an earlier owner started; `null` when there is no trace of it. @throws Error of the file system */
export async function resumeAttempt(
  record: RunRecord,
  files: RunFiles,
  number: number,
  launcher: LauncherPlugin,
): Promise<Attempt | null> {
  const { attemptOf, ...hearing } = receive(files, number);
  const handle = await adoptAttempt(record, files, number, launcher, hearing);
  return handle && attemptOf(handle);
}

/** As `resumeAttempt`, with output for whoever wants it. */
export async function adoptAttempt(
  { marker, creator: { bootId } }: RunRecord,
  files: RunFiles,
  number: number,
  launcher: LauncherPlugin,
  { from, receiver }: Pick<Receiving, 'from' | 'receiver'>,
): Promise<ProcessHandle | null> {
  const request: AdoptRequest = {
    id: attemptId(marker, number),
    // Only the boot is of interest: what is in the folder wins.
    ref: { pid: 0, startTime: null, bootId },
    dir: files.launch(number),
    from,
    ...receiver,
  };
  return (await launcher.adopt?.(request)) ?? null;
}

function environmentOf(
  { name, isolate }: ResolvedJobSpec,
  secret: RunSecret,
  files: RunFiles,
  number: number,
): Record<string, string> {
  try {
    return attemptEnvironment(secret, isolate, files, number);
  } catch (cause) {
    throw unwritable(name, files.dir, cause);
  }
}

/** Marks its processes. */
function attemptId(marker: string, number: number): string {
  return `${marker}.${number}`;
}

interface Receiving {
  receiver: OutputReceiver;
  from: Readonly<Record<LogStreamName, number>>;
  attemptOf(handle: ProcessHandle): Attempt;
}

function receive(files: RunFiles, number: number): Receiving {
  let handle: ProcessHandle | null = null;
  const tail = (stream: LogStreamName, limitBytes: number): Tail =>
    keepTail({
      file: files.tail(number, stream),
      limitBytes,
      tailBytes,
      release: (end) => handle?.release?.(stream, end),
    });
  const tails = { stdout: tail('stdout', stdoutBytes), stderr: tail('stderr', tailBytes) };
  return {
    receiver: {
      onOutput: (stream, chunk, end) => tails[stream].take(chunk, end),
      onDropped: (stream, _bytes, end) => tails[stream].drop(end),
    },
    from: { stdout: tails.stdout.from, stderr: tails.stderr.from },
    attemptOf(given) {
      handle = given;
      return { number, handle, ...tails };
    },
  };
}
