import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { endProcesses, processesWithVariable } from './processes.mjs';
import { run } from './run.mjs';

const options = { cwd: import.meta.dirname, env: process.env, capture: true };
const runModule = JSON.stringify(new URL('run.mjs', import.meta.url).href);
/** A shell that starts a child of its own and waits for it, as most tools do. */
const parentOfSleep = `['sh', ['-c', 'sleep 60 & echo ready; wait']]`;

describe('run', () => {
  it('answers the exit code and the output of both streams', async () => {
    const script = 'console.log("out"); console.error("err"); process.exit(7)';
    const { code, stopped, output } = await run(process.execPath, ['-e', script], options);
    expect({ code, stopped }).toEqual({ code: 7, stopped: false });
    expect(output.split('\n').toSorted()).toEqual(['', 'err', 'out']);
  });

  it('answers 128 + signal number for a death by signal', async () => {
    expect(await run('sh', ['-c', 'kill -9 $$'], options)).toMatchObject({ code: 137 });
  });

  it('answers 127 for a program that is not there, and names it', async () => {
    const { code, output } = await run('no-such-program', [], options);
    expect(code).toBe(127);
    expect(output).toContain('no-such-program could not be started');
  });

  it('leaves no listener behind', async () => {
    const before = process.listenerCount('SIGTERM');
    await run('true', [], options);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'passes %s to the whole group, and says that it was stopped',
    async (signal) => {
      const marker = randomUUID();
      const host = spawnHost(`run(...${parentOfSleep}, { group: true, env: process.env })`, marker);
      await once(host.stdout, 'data');
      // A process that was just forked shows its variables only when it has become its program.
      await eventually(() => processesWithVariable('RUN_TEST', marker).length === 3);
      host.kill(signal);
      const [code] = await once(host, 'exit');
      expect(code).toBe(signal === 'SIGTERM' ? 143 : signal === 'SIGINT' ? 130 : 129);
      await eventually(() => processesWithVariable('RUN_TEST', marker).length === 0);
    },
  );

  it('stops the group when the npm that started it is killed', async () => {
    const marker = randomUUID();
    const host = `import { run } from ${runModule}; await run(...${parentOfSleep}, { group: true, env: process.env });`;
    const npm = spawn('sh', ['-c', '"$0" --input-type=module -e "$1"; true', process.execPath, host], {
      env: { ...process.env, RUN_TEST: marker, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => endProcesses(processesWithVariable('RUN_TEST', marker)));
    await once(npm.stdout, 'data');
    npm.kill('SIGKILL');
    await eventually(() => processesWithVariable('RUN_TEST', marker).length === 0);
    expect(processesWithVariable('RUN_TEST', marker)).toEqual([]);
  });

  it('says that it was stopped even if the child made an exit code 0 of it', async () => {
    const polite = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log('ready')`;
    const host = spawnHost(
      `run(process.execPath, ['-e', ${JSON.stringify(polite)}], { env: process.env }).then((r) => { console.log(JSON.stringify(r)); return r; })`,
      randomUUID(),
    );
    await once(host.stdout, 'data');
    host.kill('SIGTERM');
    const [text] = (await once(host.stdout, 'data')) as [Buffer];
    expect(JSON.parse(text.toString())).toMatchObject({ code: 0, stopped: true });
  });
});

describe('endProcesses', () => {
  it('ends processes found by a variable, also one in a session of its own that ignores SIGTERM', async () => {
    const marker = randomUUID();
    // One process: a child that it starts after the look would not be among those found.
    const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`;
    const child = spawn(process.execPath, ['-e', stubborn], {
      env: { ...process.env, RUN_TEST: marker },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await once(child.stdout, 'data');
    const found = processesWithVariable('RUN_TEST', marker);
    expect(found.map(({ pid }) => pid)).toContain(child.pid);
    await endProcesses(found);
    await eventually(() => processesWithVariable('RUN_TEST', marker).length === 0);
  });
});

/** A Node that calls `run`, for signals that this process must not get. */
function spawnHost(expression: string, marker: string) {
  const script = `import { run } from ${runModule}; process.exitCode = (await ${expression}).code;`;
  const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, RUN_TEST: marker },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => endProcesses(processesWithVariable('RUN_TEST', marker)));
  return host;
}

async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It did not become true within 5 s');
    await delay(20);
  }
}
