import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';

import type { LauncherPlugin, LaunchSpec, ProcessHandle } from '@project-runner/core';

import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';

export interface TestLauncherOptions {
  create(): LauncherPlugin;
}

interface Launched {
  handle: ProcessHandle;
  output(): string;
  /** Resolves when the output contains the text. */
  says(text: string): Promise<void>;
}

/** Proves a launcher plugin with real Node processes. */
export function testLauncher(it: It, { create }: TestLauncherOptions): void {
  testFactory(it, 'launcher', create);

  it('launch: the exit code is the one of the process', async () => {
    const { handle } = await launch(create(), 'process.exit(7)');
    assert.deepEqual(await handle.exited, { code: 7, signal: null });
    assert.deepEqual(handle.exit(), { code: 7, signal: null });
  });

  it('launch: death by a signal has no exit code', async () => {
    const { handle } = await launch(create(), 'process.kill(process.pid, "SIGKILL")');
    assert.deepEqual(await handle.exited, { code: null, signal: 'SIGKILL' });
  });

  it('launch: all output is handed over before closed', async () => {
    const { handle, output } = await launch(
      create(),
      'for (let i = 0; i < 2000; i++) console.log("line", i)',
    );
    await handle.closed;
    assert.equal(output().trim().split('\n').length, 2000);
  });

  it('launch: nothing of the environment is inherited', async () => {
    process.env.CONFORMANCE_SECRET = 'do not tell';
    try {
      const { handle, output } = await launch(create(), 'console.log(JSON.stringify(process.env))');
      await handle.closed;
      assert.doesNotMatch(output(), /CONFORMANCE_SECRET/);
    } finally {
      delete process.env.CONFORMANCE_SECRET;
    }
  });

  it('launch: arguments arrive as they are, whatever a shell would make of them', async () => {
    const odd = '$(touch x); "a b" \'c\' ünïcödé';
    const { handle, output } = await launch(create(), 'console.log(process.argv[1])', [odd]);
    await handle.closed;
    assert.equal(output().trim(), odd);
  });

  it('launch: a program that is not there is SPAWN_FAILED', async () => {
    await assert.rejects(create().launch({ ...spec(''), file: 'no-such-program-anywhere' }), {
      code: 'SPAWN_FAILED',
    });
  });

  it('stop: a process that ignores SIGTERM is gone after the grace', async () => {
    const { handle, says } = await launch(
      create(),
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready")',
    );
    await says('ready');
    await handle.stop({ graceMs: 100 });
    assert.deepEqual(await handle.exited, { code: null, signal: 'SIGKILL' });
  });

  it('stop: SIGTERM comes once, and a second call joins the first', async () => {
    const { handle, says, output } = await launch(
      create(),
      'let n = 0; process.on("SIGTERM", () => { console.log("term", ++n); setTimeout(() => process.exit(0), 300); }); setInterval(() => {}, 1000); console.log("ready")',
    );
    await says('ready');
    await Promise.all([handle.stop({ graceMs: 5000 }), handle.stop({ graceMs: 5000 })]);
    await handle.closed;
    assert.deepEqual(await handle.exited, { code: 0, signal: null });
    assert.deepEqual(output().trim().split('\n'), ['ready', 'term 1']);
  });

  it('stop: after the exit there is nothing to do', async () => {
    const { handle } = await launch(create(), '');
    await handle.exited;
    await handle.stop({ graceMs: 100 });
  });

  it('usage: memory while it runs, null when it is gone', async () => {
    const { handle, says } = await launch(create(), 'setInterval(() => {}, 1000); console.log("ready")');
    await says('ready');
    const usage = await handle.usage();
    assert.ok(usage && usage.memoryBytes > 1_000_000, `memory ${usage?.memoryBytes}`);
    await handle.stop({ graceMs: 1000 });
    assert.equal(await handle.usage(), null);
  });
}

function spec(code: string, args: readonly string[] = []): LaunchSpec {
  return {
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', code, ...args],
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '' },
    ipc: false,
    onOutput: () => undefined,
  };
}

async function launch(
  launcher: LauncherPlugin,
  code: string,
  args: readonly string[] = [],
): Promise<Launched> {
  let text = '';
  const waiting: { wanted: string; resolve: () => void }[] = [];
  const handle = await launcher.launch({
    ...spec(code, args),
    onOutput: (_, chunk) => {
      text += Buffer.from(chunk).toString();
      for (const { wanted, resolve } of waiting) if (text.includes(wanted)) resolve();
    },
  });
  return {
    handle,
    output: () => text,
    says: (wanted) =>
      new Promise((resolve) => {
        if (text.includes(wanted)) resolve();
        else waiting.push({ wanted, resolve });
      }),
  };
}
