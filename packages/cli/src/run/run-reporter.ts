import type { JobHandle, JobProgress, JobResult, JobState } from '@project-runner/jobs';

import type { CliIo } from '../cli-io.ts';

/** Tells what becomes of a job. */
export interface RunReporter {
  started(handle: JobHandle): void;
  progress(progress: JobProgress): void;
  result(result: JobResult): void;
  states(states: readonly JobState[]): void;
  notice(message: string): void;
}

export function createRunReporter(io: CliIo, json: boolean): RunReporter {
  return json ? jsonReporter(io) : humanReporter(io);
}

function jsonReporter(io: CliIo): RunReporter {
  const emit = (event: string, fields: object): void => {
    io.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  };
  return {
    started: (handle) => emit('started', handle),
    progress: (progress) => emit('progress', progress),
    result: (result) => emit('result', result),
    states: (states) => {
      for (const state of states) emit('state', state);
    },
    notice: (message) => emit('notice', { message }),
  };
}

/** The output goes to stdout, all else to stderr. */
function humanReporter(io: CliIo): RunReporter {
  const tell = (text: string): void => void io.stderr.write(`${text}\n`);
  const print = (text: string): void => void io.stdout.write(`${text}\n`);
  return {
    started: ({ id }) => print(id),
    progress: ({ progress, step }) =>
      tell(`${Math.round(progress * 100)} %${step === null ? '' : ` ${step}`}`),
    result({ id, name, status, output, error, metrics, artifacts, outputDir }) {
      if (status === 'completed') print(shown(output));
      for (const { path, size } of artifacts) tell(`${outputDir}/${path} (${size} bytes)`);
      tell(`${name} ${status} after ${(metrics.wallMs / 1000).toFixed(1)} s, run ${id}`);
      if (error && status !== 'cancelled') tell(error.message);
      if (error?.hint) tell(error.hint);
    },
    states(states) {
      for (const { id, name, status, elapsedMs, progress } of states) {
        const far = progress === null ? '' : ` ${Math.round(progress.progress * 100)} %`;
        print(`${id} ${status}${far} ${name} ${(elapsedMs / 1000).toFixed(1)} s`);
      }
    },
    notice: tell,
  };
}

/** What a job printed is shown as it is, what it answered as JSON. */
function shown(output: unknown): string {
  const isPlain = typeof output === 'object' && output !== null && Object.keys(output).join() === 'stdout';
  const { stdout } = isPlain ? (output as { stdout: unknown }) : { stdout: null };
  return typeof stdout === 'string' ? stdout.replace(/\n$/, '') : JSON.stringify(output, null, 2);
}
