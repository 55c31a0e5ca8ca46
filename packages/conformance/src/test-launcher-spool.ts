import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import { withDriven } from './driven-process.ts';
import type { DurableCheck } from './test-launcher-adopt.ts';

/** What a handle may offer beside `adopt` where it keeps output: each is checked where it is there. */
export function testLauncherSpool(check: DurableCheck): void {
  check('readOutput: answers kept output again', (launch, adopt) =>
    withDriven(launch, async (driven) => {
      await driven.prints('stdout', 'one ✓ two');
      await driven.prints('stderr', 'other');
      await driven.says('one ✓ two');
      await driven.says('other');
      driven.detach();
      const { handle } = await adopt(driven);
      if (!handle.readOutput) return;
      const found = [handle.readOutput('stdout', 4, 7), handle.readOutput('stderr', 0, 5)].map(text);
      assert.deepEqual(
        found,
        ['✓', 'other'],
        `readOutput must answer the bytes from start to end of its stream, [ '✓', 'other' ] for 4 to 7 of stdout and 0 to 5 of stderr; found ${inspect(found)}`,
      );
    }),
  );

  check('release: gives up nothing but what it names', (launch, adopt) =>
    withDriven(launch, async (driven) => {
      await driven.prints('stdout', 'kept elsewhere;still needed;');
      await driven.says('still needed;');
      const end = 'kept elsewhere;'.length;
      driven.handle.release?.('stdout', end);
      await driven.prints('stdout', 'new;');
      await driven.says('new;');
      driven.detach();
      const { handle, says, output } = await adopt(driven, { from: { stdout: end, stderr: 0 } });
      await says('new;');
      const found = output();
      assert.equal(
        found,
        'still needed;new;',
        `what comes after the end of release must be there for adopt: 'still needed;new;', found ${inspect(found)}`,
      );
      if (!handle.readOutput) return;
      const again = text(handle.readOutput('stdout', 0, end + 5));
      // The space may be given back later, or a page at a time.
      assert.match(
        again,
        /^(\0|[a-z ;]){15}still$/,
        `what was released must read as zeros and move nothing, found ${inspect(again)}`,
      );
    }),
  );

  check('environment: what it was started with, or null', (launch, adopt) =>
    withDriven(launch, async (driven) => {
      await driven.prints('stdout', 'ready');
      await driven.says('ready');
      driven.detach();
      const { handle } = await adopt(driven);
      const found = handle.environment?.() ?? null;
      const expected = found && driven.spec.env;
      assert.deepEqual(
        found,
        expected,
        `environment() must be exactly spec.env, or null when that is not known any more; found ${inspect(found)}`,
      );
    }),
  );
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
