import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { basename, delimiter, resolve } from 'node:path';

import type { LaunchSpec } from '@project-runner/core';

/** Why a program cannot be run. */
export type ProgramProblem =
  | { kind: 'missing' }
  | { kind: 'forbidden'; path: string }
  | { kind: 'folder'; path: string }
  /** What its first line names is not there. */
  | { kind: 'interpreter'; path: string; interpreter: string };

/** A program, and where it is looked for. */
export type SoughtProgram = Pick<LaunchSpec, 'file' | 'cwd' | 'env'>;

/**
 * The file that `exec` would run, where nothing speaks against it, or why it cannot be run. Behind a shell all of that would
 * look like a program that exits with 126 or 127.
 */
export function findProgram({
  file,
  cwd,
  env,
}: SoughtProgram): { path: string } | { problem: ProgramProblem } {
  let problem: ProgramProblem = { kind: 'missing' };
  for (const path of candidates({ file, cwd, env })) {
    const found = problemOf(path, { cwd, env });
    if (found === null) return { path };
    // The first one that is there at all says most; `exec` goes on, too.
    if (problem.kind === 'missing') problem = found;
  }
  return { problem };
}

/** Why the program of a spec cannot be run; `null` where nothing speaks against it. */
export function findProblem(where: SoughtProgram): ProgramProblem | null {
  const found = findProgram(where);
  return 'problem' in found ? found.problem : null;
}

/** An empty folder of `PATH` is the working folder. */
function candidates({ file, cwd, env }: SoughtProgram): string[] {
  const folders = file.includes('/') ? ['.'] : (env.PATH ?? '').split(delimiter);
  return folders.map((folder) => resolve(cwd, folder, file));
}

function problemOf(path: string, where: Pick<SoughtProgram, 'cwd' | 'env'>): ProgramProblem | null {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return { kind: 'folder', path };
    // To read a pipe would wait for who writes to it.
    if (!stat.isFile()) return { kind: 'forbidden', path };
    accessSync(path, constants.X_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
      ? { kind: 'forbidden', path }
      : { kind: 'missing' };
  }
  const interpreter = missingInterpreter(firstLine(path), where);
  return interpreter === null ? null : { kind: 'interpreter', path, interpreter };
}

/** As much as Linux looks at. */
const lineBytes = 256;

/** What a script names to run it; `null` for no script, and for one that cannot be read: that is for the system to judge. */
function firstLine(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY);
  } catch {
    return null;
  }
  try {
    const buffer = Buffer.alloc(lineBytes);
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, lineBytes, 0));
    return text.startsWith('#!') ? (text.slice(2).split('\n', 1)[0] ?? '') : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/** With a carriage return where the script has line endings of Windows: then the system looks for it with that. */
function missingInterpreter(
  line: string | null,
  { cwd, env }: Pick<SoughtProgram, 'cwd' | 'env'>,
): string | null {
  const [interpreter = '', ...args] = (line ?? '').replace(/^[ \t]+/, '').split(/[ \t]+/);
  if (interpreter === '') return null;
  if (!isFile(resolve(cwd, interpreter))) return interpreter;
  if (basename(interpreter) !== 'env') return null;
  const [name = ''] = args[0] === '-S' ? args.slice(1) : args;
  // Options and variables of `env` are its own to understand.
  if (name === '' || name.startsWith('-') || name.includes('=')) return null;
  const file = name.replace(/\r$/, '');
  const isThere = file === name && candidates({ file, cwd, env }).some(isFile);
  return isThere ? null : name;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
