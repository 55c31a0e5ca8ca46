import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';

import type { LauncherPlugin } from '@project-runner/core';

import { nodeSpec, stay, withLauncher } from './launch-node.ts';
import type { LaunchNode } from './launch-node.ts';
import { patienceMs } from './output-recorder.ts';
import { ballast, ballastBytes, withTree } from './process-tree.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';
import { testLauncherDurable } from './test-launcher-durable.ts';
import { testLauncherInherit } from './test-launcher-inherit.ts';
import { testLauncherInput } from './test-launcher-input.ts';
import { testLauncherLimits } from './test-launcher-limits.ts';
import { testLauncherOutput } from './test-launcher-output.ts';
import { testLauncherStop } from './test-launcher-stop.ts';
import { within } from './within.ts';

export interface TestLauncherOptions {
  create(): LauncherPlugin;
  /**
   * `stop` ends every process of a tree on this platform, not only the first one. With `false` the suite looks whether it
   * does after all. @default true
   */
  wholeTree?: boolean;
  /** `usage` sums up the tree on this platform; with `false` the suite looks whether it does. @default as `wholeTree` */
  treeUsage?: boolean;
  /**
   * A process that is launched with a folder outlives its handle, for `adopt` to take it over. Has to be said of a
   * launcher that has `adopt`; `false` where it cannot on this platform, and the suite looks whether it can after all.
   * With `true` everything is checked with a folder, too.
   */
  durable?: boolean;
}

type Trees = Required<Pick<TestLauncherOptions, 'wholeTree' | 'treeUsage'>>;
type Check = (name: string, use: (launch: LaunchNode) => Promise<void>) => unknown;

/** Proves a launcher plugin with real Node processes. */
export function testLauncher(
  it: It,
  { create, wholeTree = true, treeUsage = wholeTree, durable }: TestLauncherOptions,
): void {
  const trees = { wholeTree, treeUsage };
  testFactory(it, {
    kind: 'launcher',
    create,
    use: (plugin) =>
      withLauncher({ create: () => plugin, folder: durable === true }, async (launch, adopt) => {
        const launched = await launch('');
        await launched.closed();
        if (durable) await adopt(launched);
      }),
  });

  it('adopt: a launcher that has it says whether it is durable', () => {
    const found = typeof create().adopt;
    const fits = durable === undefined ? found === 'undefined' : !durable || found === 'function';
    assert.ok(
      fits,
      `the suite was told durable: ${durable}, found adopt: ${found} in the plugin; say durable: true of a launcher whose processes outlive their handle, false where they cannot`,
    );
  });

  testLauncherLimits(it, { create, ...trees, durable });
  testLauncherChecks((name, use) => it(name, () => withLauncher({ create }, use)), trees);
  testLauncherInherit(it, create);
  if (!durable) return;
  // What holds for any process holds for one that is to outlive its runner.
  testLauncherChecks(
    (name, use) => it(`${name}, with a folder`, () => withLauncher({ create, folder: true }, use)),
    trees,
  );
  testLauncherInherit(it, create, true);
  testLauncherDurable(it, create, wholeTree);
}

function testLauncherChecks(check: Check, { wholeTree, treeUsage }: Trees): void {
  check('launch: the exit code is the one of the process', async (launch) => {
    const exit = await (await launch('process.exit(7)')).exited();
    assert.deepEqual(
      exit,
      { code: 7, signal: null },
      `exited must be the exit code of the process, { code: 7, signal: null }; found ${inspect(exit)}`,
    );
  });

  check('launch: death by a signal has no exit code', async (launch) => {
    const exit = await (await launch('process.kill(process.pid, "SIGKILL")')).exited();
    assert.deepEqual(
      exit,
      { code: null, signal: 'SIGKILL' },
      `exited must be the signal and no invented code, { code: null, signal: 'SIGKILL' }; found ${inspect(exit)}`,
    );
  });

  check('launch: exited waits for nobody who holds the pipes', (launch) =>
    withTree(launch, { parent: 'process.exit(0)' }, async ({ exited }) => {
      await exited();
    }),
  );

  check('exit: null while it runs, then how it ended', async (launch) => {
    const { handle, exited, says } = await launch(
      `process.on("SIGTERM", () => process.exit(3)); console.log("ready"); ${stay}`,
    );
    await says('ready');
    assert.equal(handle.exit(), null, `exit() must be null while it runs, found ${inspect(handle.exit())}`);
    void handle.stop({ graceMs: patienceMs }).catch(() => undefined);
    const exit = await exited();
    assert.deepEqual(
      handle.exit(),
      exit,
      `exit() must be what exited resolved with, ${inspect(exit)}; found ${inspect(handle.exit())}`,
    );
  });

  check('launch: nothing of the environment is inherited', async (launch) => {
    process.env.CONFORMANCE_SECRET = 'do not tell';
    try {
      const { output, closed } = await launch('console.log("secret:", process.env.CONFORMANCE_SECRET)');
      await closed();
      assert.match(
        output(),
        /secret: undefined/,
        'launch must give exactly spec.env, found a variable of the own environment in the process',
      );
    } finally {
      delete process.env.CONFORMANCE_SECRET;
    }
  });

  check('launch: the environment given arrives', async (launch) => {
    const env = { ...nodeSpec('').env, CONFORMANCE_GIVEN: 'a value' };
    const { output, closed } = await launch('console.log(process.env.CONFORMANCE_GIVEN)', { env });
    await closed();
    assert.equal(
      output(),
      'a value\n',
      `launch must give the variables of spec.env, found ${inspect(output())}`,
    );
  });

  testLauncherInput(check);

  check('launch: the process runs in the folder given', async (launch) => {
    const { output, closed } = await launch('console.log(process.cwd())');
    await closed();
    const folder = realpathSync(tmpdir());
    assert.equal(
      output(),
      `${folder}\n`,
      `launch must start in spec.cwd, ${folder}; found ${inspect(output())}`,
    );
  });

  check('launch: arguments arrive as they are, whatever a shell would make of them', async (launch) => {
    const odd = '$(touch x); "a b" \'c\' ünïcödé';
    const code = 'console.log(process.argv[1])';
    const { output, closed } = await launch(code, { args: ['-e', code, odd] });
    await closed();
    assert.equal(
      output(),
      `${odd}\n`,
      `launch must pass arguments on as they are, without a shell: ${odd}; found ${inspect(output())}`,
    );
  });

  check('launch: with ipc its messages arrive', async (launch) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await launch(`process.send?.({ type: "hello" }); ${stay}`, { ipc: true, onMessage: resolve });
    const message = await within(
      patienceMs,
      promise,
      'with ipc launch must open a channel and call onMessage',
    );
    assert.deepEqual(
      message,
      { type: 'hello' },
      `onMessage must get what was sent, found ${inspect(message)}`,
    );
  });

  check('launch: a program that is not there is SPAWN_FAILED', async (launch) => {
    const found = await launch('', { file: 'no-such-program-anywhere' }).catch((error: unknown) => error);
    const { code } = found as { code?: unknown };
    assert.equal(
      code,
      'SPAWN_FAILED',
      `launch must reject with the code SPAWN_FAILED for a program that is not there, found ${inspect(code ?? found)}`,
    );
  });

  testLauncherOutput(check);
  testLauncherStop(check, wholeTree);

  check('usage: memory while it runs, of the whole tree', (launch) =>
    withTree(launch, { child: ballast }, async ({ handle }) => {
      const usage = await handle.usage();
      const least = treeUsage ? ballastBytes : 1_000_000;
      assert.ok(
        usage && usage.memoryBytes > least,
        `usage must sum up the memory of the process and of those it started, more than ${least} bytes; found ${inspect(usage)}`,
      );
    }),
  );

  check('usage: null when the tree is gone', async (launch) => {
    const { handle, closed } = await launch('');
    await closed();
    const usage = await handle.usage();
    assert.equal(usage, null, `usage must be null when the tree is gone, found ${inspect(usage)}`);
  });

  check('listening: the ports of the tree, or null where the platform does not tell', async (launch) => {
    const { handle, says, output } = await launch(`
      const server = require("node:net").createServer();
      server.listen(0, "127.0.0.1", () => console.log("port", server.address().port, "ready")); ${stay}`);
    await says('ready');
    const port = Number(output().split(' ')[1]);
    const sockets = await handle.listening();
    assert.ok(
      sockets === null || sockets.some((socket) => socket.port === port),
      `listening must name port ${port}, or be null where that cannot be known; found ${inspect(sockets)}`,
    );
  });
}
