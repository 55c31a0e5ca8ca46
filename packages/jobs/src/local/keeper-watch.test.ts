import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createKeeperWatch } from './keeper-watch.ts';

const run = promisify(execFile);

describe.runIf(process.platform === 'linux')('a keeper that cannot be started', () => {
  it('for want of files is started when it is asked for again', async () => {
    const script = fileURLToPath(new URL('fixtures/watch-without-files.ts', import.meta.url));
    const { stdout } = await run('sh', ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath, script]);
    expect(JSON.parse(stdout)).toEqual(['undefined', 'number']);
  });

  it('at once, as without memory for a process, fails nobody who asks for a run', () => {
    // Longer than an argument may be, which `spawn` throws for, too.
    const keeper = createKeeperWatch(['x'.repeat(200_000)], () => true);
    for (const ask of ['start', 'begin', 'handOver', 'dismiss'] as const) {
      expect(() => keeper?.[ask](), ask).not.toThrow();
    }
    expect(keeper).not.toBeNull();
  });
});
