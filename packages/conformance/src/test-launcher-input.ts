import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import type { LaunchNode } from './launch-node.ts';

type Check = (name: string, use: (launch: LaunchNode) => Promise<void>) => unknown;

/** What a process is given in files. */
export function testLauncherInput(check: Check): void {
  check('launch: stdin is the file that was named', (launch) =>
    withFolder(async (dir) => {
      const stdin = join(dir, 'input');
      writeFileSync(stdin, 'read me');
      const { output, closed } = await launch('process.stdin.pipe(process.stdout)', { stdin });
      await closed();
      assert.equal(output(), 'read me', `launch must open spec.stdin, found ${inspect(output())} in it`);
    }),
  );

  check('launch: makes the claim before the program starts', (launch) =>
    withFolder(async (dir) => {
      const claim = join(dir, 'claim');
      const code = `console.log(require("node:fs").existsSync(${JSON.stringify(claim)}))`;
      const { output, closed } = await launch(code, { claim });
      await closed();
      assert.equal(
        output(),
        'true\n',
        `launch must make spec.claim before the program starts, found ${inspect(output())}`,
      );
    }),
  );

  check('launch: starts nothing where the claim is taken', (launch) =>
    withFolder(async (dir) => {
      const [claim, trace] = [join(dir, 'claim'), join(dir, 'trace')];
      writeFileSync(claim, 'taken');
      const code = `require("node:fs").writeFileSync(${JSON.stringify(trace)}, "")`;
      // A launcher may find it taken before there is a process, or with the process that was to become the program.
      const launched = await launch(code, { claim }).catch(() => null);
      await launched?.closed();
      assert.ok(!existsSync(trace), 'launch must not start a program whose spec.claim is there already');
    }),
  );
}

async function withFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
