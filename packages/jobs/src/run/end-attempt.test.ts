import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);

it.runIf(process.platform === 'linux')(
  'a process without a file left names fewer means of the limits, and lives on',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'end-attempt-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const script = fileURLToPath(new URL('fixtures/end-without-files.ts', import.meta.url));
    const limited = ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath, script, join(dir, 'run')];
    const { stdout } = await run('sh', limited);
    expect(JSON.parse(stdout)).toEqual({
      exit: { code: 0, signal: null },
      inForce: { memoryBytes: { value: 2 ** 30, by: ['watch'] }, cpus: { value: 1, by: [] } },
    });
  },
);
