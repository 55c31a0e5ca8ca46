import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { isTooDeep, maxJsonDepth } from './json-depth.ts';
import { splitChannel } from './result-channel.ts';
import type { Tail } from './keep-tail.ts';

/** `invalid`: what is wrong with the result that the job wrote; then `value` is its stdout. */
export interface JobOutput {
  value: unknown;
  invalid: string | null;
}

/** More in a result file is refused: it has to be in the memory of everybody who asks for it. */
export const maxResultBytes: number = 64 * 1024 * 1024;

/** The result file if the job wrote it, else stdout as JSON, else stdout as it is. */
export async function readOutput(resultFile: string, stdout: Tail): Promise<JobOutput> {
  const written = await readResult(resultFile);
  if (written !== null && 'value' in written) return { value: written.value, invalid: null };
  return { value: fromStdout(stdout), invalid: written?.invalid ?? null };
}

function fromStdout(stdout: Tail): unknown {
  const text = stdout.text();
  if (!stdout.isWhole() || isTooDeep(text)) return { stdout: text };
  try {
    // As `trim` takes it from a result file.
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return { stdout: text };
  }
}

async function readResult(file: string): Promise<{ value: unknown } | { invalid: string } | null> {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat && !stat.isFile()) return { invalid: 'its result file is no file' };
    const size = stat?.size ?? 0;
    if (size === 0) return null;
    if (size > maxResultBytes) {
      return { invalid: `its result file has ${size} bytes, more than ${maxResultBytes}` };
    }
    const { result } = splitChannel(await readFile(file, 'utf8'));
    return result === '' ? null : parse(result);
  } catch (error) {
    return { invalid: `its result file cannot be read: ${(error as Error).message}` };
  }
}

function parse(text: string): { value: unknown } | { invalid: string } {
  if (isTooDeep(text)) return { invalid: `its result file is nested deeper than ${maxJsonDepth} levels` };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { invalid: `its result file is no JSON: ${(error as Error).message}` };
  }
}
