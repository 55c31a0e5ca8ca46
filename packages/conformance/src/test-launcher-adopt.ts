import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';

import type { AdoptRequest, LauncherPlugin, LogStreamName } from '@project-runner/core';

import { withDriven } from './driven-process.ts';
import type { Adopt, LaunchNode } from './launch-node.ts';
import { patienceMs } from './output-recorder.ts';
import { within } from './within.ts';

export type DurableCheck = (
  name: string,
  use: (launch: LaunchNode, adopt: Adopt) => Promise<void>,
) => unknown;

/** What `adopt` finds, and where it reads on. */
export function testLauncherAdopt(check: DurableCheck, create: () => LauncherPlugin): void {
  check('adopt: the process goes on, found by its folder alone', (launch, adopt) =>
    withDriven(launch, async (driven) => {
      await driven.prints('stdout', 'ready');
      await driven.says('ready');
      driven.detach();
      const { handle, says } = await adopt(driven, { ref: null });
      assert.equal(
        handle.ref.pid,
        driven.handle.ref.pid,
        `adopt must answer the process itself, pid ${driven.handle.ref.pid}; found ${inspect(handle.ref)}`,
      );
      assert.equal(handle.exit(), null, `exit() must be null while it runs, found ${inspect(handle.exit())}`);
      await driven.prints('stdout', 'still there');
      await says('still there');
    }),
  );

  check('adopt: null where there is no trace', async (launch) => {
    // Only to have an empty folder.
    const { spec, closed } = await launch('');
    await closed();
    const stranger = { pid: process.pid, startTime: '1', bootId: null };
    const dir = `${spec.dir}/nothing`;
    const request = { ref: null, from: { stdout: 0, stderr: 0 }, onOutput: () => undefined };
    const requests: readonly [what: string, request: Partial<AdoptRequest>][] = [
      ['neither a folder nor an identity', {}],
      ['a folder that is not there', { dir }],
      ['an identity whose pid is that of somebody else', { ref: stranger }],
      ['a folder that is not there and the pid of somebody else', { ref: stranger, dir }],
    ];
    for (const [what, changes] of requests) {
      const asked = (async () => create().adopt?.({ ...request, id: randomUUID(), ...changes }))();
      const found = await within(patienceMs, asked, 'adopt must answer a handle or null').catch(
        (error: unknown) => error,
      );
      assert.equal(found, null, `adopt must answer null for ${what}, found ${inspect(found, { depth: 0 })}`);
    }
  });

  check('adopt: output goes on where it was left, nothing doubled or missing', async (launch, adopt) => {
    const first = await launch(lines(300));
    await first.says('line ✓ 20\n');
    first.detach();
    const before = { stdout: first.bytes('stdout'), stderr: first.bytes('stderr') };
    const from = first.taken();
    const second = await adopt(first, { from });
    await second.closed();
    for (const [stream, word] of [
      ['stdout', 'line'],
      ['stderr', 'bad'],
    ] as const) {
      const found = Buffer.concat([before[stream], second.bytes(stream)])
        .toString()
        .split('\n');
      const expected = Array.from({ length: 301 }, (_, index) =>
        index < 300 ? `${word} ✓ ${index + 1}` : '',
      );
      const odd = expected.findIndex((line, index) => line !== found[index]);
      assert.deepEqual(
        found,
        expected,
        `an adopted process must be read on exactly from ${JSON.stringify(from)}, with nothing doubled or missing: of ${stream} ${inspect(expected[odd])} must come, found ${inspect(found[odd])} at line ${odd + 1}`,
      );
    }
    assert.deepEqual(
      second.wrongEnds,
      [],
      `end must count on from what was taken over; found ${second.wrongEnds.join(', ')}`,
    );
  });

  check('adopt: one that ended meanwhile has its exit code and the rest of its output', (launch, adopt) =>
    withDriven(launch, async (driven) => {
      await driven.prints('stdout', 'seen;');
      await driven.says('seen;');
      driven.detach();
      await driven.prints('stdout', 'last words;');
      await driven.prints('stderr', 'and why;');
      await driven.ends(7);
      const { exited, closed, output, handle } = await adopt(driven);
      const exit = await exited();
      assert.deepEqual(
        exit,
        { code: 7, signal: null },
        `exited must be how the process ended while nobody was there, { code: 7, signal: null }; found ${inspect(exit)}`,
      );
      assert.deepEqual(
        handle.exit(),
        exit,
        `exit() must be what exited resolved with, ${inspect(exit)}; found ${inspect(handle.exit())}`,
      );
      await closed();
      const found = [output('stdout'), output('stderr')];
      assert.deepEqual(
        found,
        ['last words;', 'and why;'],
        `adopt must hand over what a process printed while nobody was there; found ${inspect(found)}`,
      );
    }),
  );

  check('adopt: from may be any byte that was not released', (launch, adopt) =>
    withDriven(launch, async (driven) => {
      const text = { stdout: '✓ out', stderr: '✗ error' };
      for (const stream of ['stdout', 'stderr'] as const) {
        await driven.prints(stream, text[stream]);
        await driven.says(text[stream]);
      }
      await driven.ends(0);
      await driven.closed();
      driven.detach();
      const places: readonly Record<LogStreamName, number>[] = [
        { stdout: 0, stderr: 0 },
        { stdout: 4, stderr: 0 },
        { stdout: 1, stderr: 7 },
      ];
      for (const from of places) {
        const { closed, bytes } = await adopt(driven, { from });
        await closed();
        for (const stream of ['stdout', 'stderr'] as const) {
          const expected = Buffer.from(text[stream]).subarray(from[stream]);
          const found = bytes(stream);
          assert.deepEqual(
            found,
            expected,
            `adopt must read on at byte ${from[stream]} of ${stream}, whatever was handed over before: ${inspect(expected)}, found ${inspect(found)}`,
          );
        }
      }
    }),
  );
}

/** Prints so many lines to each stream, a few at a time, and ends. */
function lines(count: number): string {
  return `
    let i = 0;
    const timer = setInterval(() => {
      console.log("line ✓", ++i);
      console.error("bad ✓", i);
      if (i === ${count}) clearInterval(timer);
    }, 1);`;
}
