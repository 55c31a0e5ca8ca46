import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import { ProjectRunnerError } from '@project-runner/core';

import type { RunCommandOptions } from './run-options.ts';

/** The input of a job, from wherever it is. @throws ProjectRunnerError `CONFIG_INVALID`; the input is never part of it */
export async function readInput(
  { input, inputFile }: Pick<RunCommandOptions, 'input' | 'inputFile'>,
  cwd: string,
): Promise<unknown> {
  if (input !== undefined) return parse(input, '--input');
  if (inputFile === undefined) return null;
  return parse(await readText(inputFile, cwd), `--input-file ${inputFile}`);
}

async function readText(file: string, cwd: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(resolve(cwd, file), 'utf8');
  } catch (cause) {
    throw new ProjectRunnerError('CONFIG_INVALID', `--input-file ${file} cannot be read`, {
      cause,
      hint: 'Name a readable file with JSON in it, or "-" for stdin',
    });
  }
}

function parse(json: string, where: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    const place = /position \d+(?: \(line \d+ column \d+\))?/.exec((error as Error).message)?.[0];
    throw new ProjectRunnerError('CONFIG_INVALID', `${where} is no JSON${place ? `, see ${place}` : ''}`, {
      hint: 'Write it as \'{ "name": "value" }\', in single quotes for the shell',
    });
  }
}
