import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

const module = fileURLToPath(new URL('stop-on-signals.ts', import.meta.url));

function host(shutdown: string, options = '{}') {
  const script = `
    import { stopOnSignals } from ${JSON.stringify(module)};
    const shutdown = async (options) => { console.log(JSON.stringify(options)); ${shutdown} };
    stopOnSignals({ shutdown }, ${options});
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const says = async (text: string): Promise<void> => {
    while (!output.includes(text))
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
  };
  return { child, says, output: () => output };
}

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('shuts down at %s and ends with %i', async (signal, code) => {
  const { child, says, output } = host('', `{ servers: 'leave', builds: 'wait' }`);
  await says('ready');
  child.kill(signal);
  expect(await once(child, 'close')).toEqual([code, null]);
  expect(output()).toContain('{"servers":"leave","builds":"wait"}');
});

it('ends at once at the second signal', async () => {
  const { child, says } = host('await new Promise(() => {});');
  await says('ready');
  child.kill('SIGTERM');
  await says('servers');
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
});

it('ends, and tells why, when the shutdown fails', async () => {
  const { child, says, output } = host(`throw new Error('no way');`);
  await says('ready');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([143, null]);
  expect(output()).toContain('no way');
});
