import { ProjectRunnerError } from '@project-runner/core';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, ErrorCode, Node } from 'yaml';

import type { Locate } from './resolve-spec.ts';

export interface Positioned {
  value: unknown;
  /** `file:line:column: key`; of a key that is not there, the place of what it should be in. */
  locate: Locate;
}

/**
 * Parses YAML, and JSON, which is YAML.
 * @throws ProjectRunnerError `CONFIG_INVALID` with the place of the first mistake
 */
export function parsePositioned(text: string, file: string): Positioned {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [mistake] = document.errors;
  if (mistake) {
    const hint = hints[mistake.code];
    throw new ProjectRunnerError('CONFIG_INVALID', `${place(mistake.pos[0])}: ${mistake.message}`, {
      cause: mistake,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return {
    value: toValue(document, file),
    locate: (path) =>
      [place(offsetOf(document, path)), ...(path.length > 0 ? [path.join('.')] : [])].join(': '),
  };
}

/** What is no mistake in a shell. */
const hints: Partial<Record<ErrorCode, string>> = {
  BLOCK_AS_IMPLICIT_KEY:
    'Quote a text that has ": " in it, or write it on a line of its own below "command: >-"',
};

function toValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    // Aliases that would unfold to more than anybody means.
    throw new ProjectRunnerError('CONFIG_INVALID', `${file}: ${(cause as Error).message}`, { cause });
  }
}

/** Of the key, as far down as there are keys. */
function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    if (!pair || !isScalar(pair.key)) break;
    offset = pair.key.range?.[0] ?? offset;
    node = pair.value as Node | null;
  }
  return offset;
}
