import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import { diagnose } from '@project-runner/runner';
import type { Diagnosis, Finding, RunnerConfig } from '@project-runner/runner';

import type { CliIo } from '../cli-io.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { loadConfig } from '../input/load-config.ts';
import { diagnosisText } from '../output/diagnosis-text.ts';
import type { Reporter } from '../output/reporter.ts';
import { mergeConfig } from '../project/merge-config.ts';
import type { ProjectOptions } from './project-options.ts';
import { runLook } from './run-look.ts';

export type DoctorOptions = Pick<ProjectOptions, 'config' | 'stateDir' | 'buildDir' | 'json' | 'verbose'>;

/** `project-runner doctor`: what of this machine and of the configuration in a folder helps or hinders. Answers the exit code. */
export function doctor(path: string, options: DoctorOptions, io: CliIo): Promise<number> {
  return runLook(io, { ...options, codeOf: exitCodeOf }, async (reporter, signal) => {
    const diagnosis = await look(folder(path, io.cwd), { options, io, reporter, signal });
    const isJson = options.json ?? false;
    const text = isJson ? JSON.stringify({ event: 'doctor', ...diagnosis }) : diagnosisText(diagnosis, io);
    io.stdout.write(`${text}\n`);
    return diagnosis.ok ? exitCodes.ok : exitCodes.unexpected;
  });
}

/** A folder need not have a project. @throws ProjectRunnerError `PROJECT_NOT_FOUND` */
function folder(path: string, cwd: string): string {
  const given = resolve(cwd, path);
  if (statSync(given, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(given);
  throw new ProjectRunnerError('PROJECT_NOT_FOUND', `There is no folder ${given}`, {
    hint: 'Name the folder whose configuration is to be looked at',
  });
}

interface Look {
  options: DoctorOptions;
  io: CliIo;
  reporter: Reporter;
  signal: AbortSignal;
}

/** A configuration that cannot be read is what people ask a doctor for. */
async function look(dir: string, { options, io, reporter, signal }: Look): Promise<Diagnosis> {
  const diagnoseWith = (config: RunnerConfig): Promise<Diagnosis> =>
    diagnose(mergeConfig(config, options, dir, io, reporter.logger), { signal });
  let loaded: Awaited<ReturnType<typeof loadConfig>>;
  try {
    loaded = await loadConfig(dir, io.cwd, options.config);
  } catch (error) {
    if (!ProjectRunnerError.is(error)) throw error;
    const { findings } = await diagnoseWith({});
    return { ok: false, findings: [refused(error), ...findings], plugins: [], removed: [] };
  }
  const { findings, ...diagnosis } = await diagnoseWith(loaded.config);
  const refusals = findings.filter(({ check }) => check === 'configuration');
  const others = findings.filter((finding) => !refusals.includes(finding));
  const first = refusals.length === 0 ? [found(loaded.file)] : refusals.map(inFile(loaded.file));
  return { ...diagnosis, findings: [...first, ...others] };
}

function inFile(file: string | undefined): (refusal: Finding) => Finding {
  return (refusal) => (file === undefined ? refusal : { ...refusal, message: `${file}: ${refusal.message}` });
}

function found(file: string | undefined): Finding {
  const message = file === undefined ? 'There is no configuration: defaults are used' : file;
  return { check: 'configuration', level: 'ok', message, hint: null, details: { file: file ?? null } };
}

function refused({ code, message, hint, plugin }: ProjectRunnerError): Finding {
  const details = { code, plugin: plugin ?? null };
  return { check: 'configuration', level: 'problem', message, hint: hint ?? null, details };
}
