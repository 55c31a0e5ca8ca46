import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { LogStreamName } from '@project-runner/core';

import { withDriven } from './driven-process.ts';
import type { LaunchNode } from './launch-node.ts';
import { quiet } from './within.ts';

/** How a launcher hands over what a process prints. */
export function testLauncherOutput(
  check: (name: string, use: (launch: LaunchNode) => Promise<void>) => unknown,
): void {
  check('onOutput: all output is handed over before closed', async (launch) => {
    const { output, closed } = await launch('for (let i = 0; i < 2000; i++) console.log("line", i)');
    await closed();
    const count = output().split('\n').length - 1;
    assert.equal(
      count,
      2000,
      `onOutput must get all output before closed resolves: 2000 lines, found ${count}`,
    );
  });

  check('onOutput: stdout and stderr are told apart', async (launch) => {
    const { output, closed } = await launch('console.log("fine"); console.error("bad")');
    await closed();
    const found = { stdout: output('stdout'), stderr: output('stderr') };
    assert.deepEqual(
      found,
      { stdout: 'fine\n', stderr: 'bad\n' },
      `onOutput must get each chunk with the stream it came from, found ${inspect(found)}`,
    );
  });

  check('onOutput: end counts the bytes of each stream', (launch) =>
    withDriven(launch, async ({ prints, says, ends, closed, wrongEnds }) => {
      for (const stream of ['stdout', 'stderr', 'stdout'] as const) {
        // Longer in bytes than in characters.
        await prints(stream, `✓ ${stream};`);
        await says(`✓ ${stream};`);
      }
      await prints('stdout', 'last;');
      await ends(0);
      await closed();
      assert.deepEqual(
        wrongEnds,
        [],
        `end must be the bytes of its stream so far, with the chunk; found ${wrongEnds.join(', ')}`,
      );
    }),
  );

  check('onOutput: a chunk is not changed once it was handed over', async (launch) => {
    const given: [chunk: Uint8Array, text: string][] = [];
    const onOutput = (_: LogStreamName, chunk: Uint8Array): void => {
      given.push([chunk, Buffer.from(chunk).toString()]);
    };
    await withDriven(
      launch,
      async ({ prints, says, ends, closed }) => {
        for (const text of ['first', 'other']) {
          await prints('stdout', text);
          await says(text);
        }
        await ends(0);
        await closed();
      },
      { onOutput },
    );
    for (const [chunk, text] of given) {
      const now = Buffer.from(chunk).toString();
      assert.equal(
        now,
        text,
        `a chunk is the receiver's: ${inspect(text)} became ${inspect(now)} after it was handed over`,
      );
    }
  });

  for (const stream of ['stdout', 'stderr'] as const) {
    check(`onOutput: its promise is waited for before more of ${stream}`, async (launch) => {
      const taken = Promise.withResolvers<void>();
      let calls = 0;
      const onOutput = (): Promise<void> => {
        calls += 1;
        return taken.promise;
      };
      await withDriven(
        launch,
        async ({ prints, says }) => {
          await prints(stream, 'first;');
          await says('first;');
          await prints(stream, 'second;');
          await quiet();
          assert.equal(
            calls,
            1,
            `onOutput must not be called again for a stream before its promise has settled, found ${calls} calls at once`,
          );
          taken.resolve();
          await says('second;');
        },
        { onOutput },
      );
    });
  }
}
