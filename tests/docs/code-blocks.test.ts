import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A chapter whose TypeScript runs as it stands. */
const chapter = 'docs/composing-plugins.md';

interface CodeBlock {
  line: number;
  code: string;
  /** What its comments say that it prints, a line each. */
  prints: string[];
}

function codeBlocks(text: string): CodeBlock[] {
  return Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```/gm), (match) => {
    const code = match[1] ?? '';
    const prints = Array.from(
      code.matchAll(/^(?:console\.log|await .*check)\(.*\); \/\/ (.*)$/gm),
      ([, told]) => told ?? '',
    );
    return { code, prints, line: text.slice(0, match.index).split('\n').length };
  });
}

describe('docs/composing-plugins.md', () => {
  const blocks = codeBlocks(readFileSync(join(root, chapter), 'utf8'));
  it.each(blocks.map((block) => [block.line, block] as const))(
    'line %i runs, and prints what it says',
    async (_, { code, prints }) => {
      const args = ['--input-type=module-typescript', '--eval', code];
      const { stdout } = await run(process.execPath, args, { cwd: join(root, 'tests'), timeout: 60_000 });
      expect(stdout.trim()).toBe(prints.join('\n'));
    },
  );
});
