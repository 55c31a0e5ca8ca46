import { ProjectRunnerError } from '@project-runner/core';

import { cliHint } from './cli-hint.ts';

export interface DescribedError {
  code: string;
  message: string;
  hint: string | undefined;
  plugin: string | undefined;
  /** Messages of the causes that say something new, outermost first. */
  causes: string[];
  stack: string | undefined;
}

/** `rewrite` is put to work on everything that users read. */
export function describeError(
  error: unknown,
  rewrite: (text: string) => string = (text) => text,
): DescribedError {
  const known = ProjectRunnerError.is(error) ? error : undefined;
  const message = messageOf(error);
  const hint = known && cliHint(known);
  return {
    code: known?.code ?? 'UNEXPECTED',
    message: rewrite(message),
    hint: hint && rewrite(hint),
    plugin: known?.plugin,
    causes: causesOf(error, message).map((cause) => rewrite(cause)),
    stack: error instanceof Error ? error.stack : undefined,
  };
}

function causesOf(error: unknown, message: string): string[] {
  const said = [message];
  const causes: string[] = [];
  const seen = new Set<unknown>([error]);
  for (const inner of inside(error, seen)) {
    const text = messageOf(inner);
    if (text === '' || said.some((earlier) => earlier.includes(text))) continue;
    said.push(text);
    causes.push(text);
  }
  return causes;
}

/** Depth first; a chain that bites its tail ends there. */
function* inside(error: unknown, seen: Set<unknown>): Iterable<unknown> {
  if (typeof error !== 'object' || error === null) return;
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  for (const inner of [...(Array.isArray(errors) ? errors : []), cause] as unknown[]) {
    if (inner === undefined || inner === null || seen.has(inner)) continue;
    seen.add(inner);
    yield inner;
    yield* inside(inner, seen);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
