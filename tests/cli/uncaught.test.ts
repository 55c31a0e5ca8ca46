import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it } from 'vitest';

import { project } from './shop-project.ts';
import { cliEvents, runCli } from './spawn-cli.ts';
import type { CliEvent } from './spawn-cli.ts';

/** Its server works; a sink of its configuration gets each line. */
function projectWithSink(write: string): Promise<string> {
  return project({
    'project-runner.config.mjs': `
      const open = () => ({ write(entry) { ${write} }, close() {} });
      export default { plugins: [{ kind: 'log-sink', name: 'cloud', apiVersion: 1, open }] };`,
  });
}

const named = (events: readonly CliEvent[], name: string): CliEvent[] =>
  events.filter(({ event }) => event === name);

describe('up, where a plugin throws what nobody catches', () => {
  it('stops its server and tells the error of a promise that is not awaited, once', async () => {
    const dir = await projectWithSink(
      `void Promise.reject(new Error('I am not awaited', { cause: new Error('no bucket') }));`,
    );
    const { code, stdout, stderr } = await runCli(['up', dir, '--skip-install', '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const events = cliEvents(stdout);
    expect(named(events, 'error')).toEqual([
      {
        event: 'error',
        code: 'UNEXPECTED',
        message: 'I am not awaited',
        hint: expect.stringContaining('a promise that is not awaited') as string,
        causes: ['no bucket'],
      },
    ]);
    expect(events.at(-1)).toEqual({ event: 'stopped' });
  });

  it('leaves nothing of the server where a timer throws, and shows the stack to those who ask', async () => {
    const dir = await project({
      'server.js': `
        import { createServer } from 'node:http';
        console.log('pid ' + process.pid);
        createServer((_, response) => response.end()).listen(Number(process.env.PORT), process.env.HOST);`,
      'project-runner.config.mjs': `
        const check = async () => {
          setTimeout(() => { throw new Error('later') }, 50);
          setTimeout(() => { throw new Error('later still') }, 50);
          return { healthy: true };
        };
        export default { plugins: [{ kind: 'health-probe', name: 'http', apiVersion: 1, check }] };`,
    });
    const { code, stdout, stderr } = await runCli(['up', dir, '--skip-install', '--verbose']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error \[UNEXPECTED\] later\n {2}hint: .*\nError: later\n {4}at .*config\.mjs/m);
    expect(stderr).toContain('One more error that nobody caught: Error: later still');
    const pid = Number(/^pid (\d+)$/m.exec(stdout)?.[1]);
    expect(pid).toBeGreaterThan(0);
    expect(isProcessAlive(pid)).toBe(false);
  });
});

it.each(['build', 'inspect', 'doctor'])('%s tells an error that nobody caught as any other', async (name) => {
  const dir = await project({
    'project-runner.config.mjs': `
      void Promise.reject(new TypeError('at once'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      export default {};`,
  });
  const { code, stderr } = await runCli([name, dir]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error \[UNEXPECTED\] at once\n {2}hint: /);
  expect(stderr).not.toContain('at ModuleJob');
});
