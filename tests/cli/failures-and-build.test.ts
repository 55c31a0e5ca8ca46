import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { tempFolder } from '../support/temp-folder.ts';
import { project, server } from './shop-project.ts';
import { cliEvents, runCli } from './spawn-cli.ts';

describe('failures', () => {
  it('shows the end of the log of a failed build', async () => {
    const dir = await project(
      { 'build.js': 'for (let i = 1; i < 50; i++) console.log("step " + i); process.exit(3)' },
      { scripts: { start: 'node server.js', build: 'node build.js' } },
    );
    const { code, stdout, stderr } = await runCli(['up', dir, '--skip-install']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('  step 49\n');
    expect(stderr).not.toContain('  step 10\n');
    expect(stderr).toContain('error [BUILD_FAILED] Build failed with exit code 3');
  });

  it('shows the last words of a server that does not start, once', async () => {
    const dir = await project({ 'server.js': "console.error('no database'); process.exit(9);" });
    const { code, stderr } = await runCli(['up', dir, '--skip-install']);
    expect(code).toBe(4);
    expect(stderr.split('no database')).toHaveLength(2);
    expect(stderr).toContain(
      'error [SERVER_EXITED] The server exited before it was ready: it ended with exit code 9',
    );
    const log = /^ {2}log: (.*)$/m.exec(stderr)?.[1] ?? '';
    expect(readFileSync(log, 'utf8')).toContain('no database\n');
  });

  it('names the folder of the user, once, and the log', async () => {
    const dir = await project({}, { scripts: { start: 'node dist/main.js' } });
    const { code, stderr } = await runCli(['up', dir, '--skip-install']);
    expect(code).toBe(3);
    expect(stderr).toContain(
      `error [OUTPUT_MISSING] Build output not found at ${realpathSync(dir)}/dist/main.js\n`,
    );
    expect(stderr.split('not found at')).toHaveLength(2);
    const log = /^ {2}log: (.*)$/m.exec(stderr)?.[1] ?? '';
    expect(readFileSync(log, 'utf8')).toContain('Build output not found');
  });

  it('says which options give more time', async () => {
    const slow = await project({ 'server.js': 'setInterval(() => {}, 1000)' });
    const start = await runCli(['up', slow, '--skip-install', '--start-timeout', '0.5']);
    expect(start.code).toBe(4);
    expect(start.stderr).toMatch(/error \[SERVER_NOT_READY\][^]*hint: .*--start-timeout SECONDS/);
    const dir = await project(
      { 'build.js': 'setInterval(() => {}, 1000)' },
      { scripts: { start: 'node server.js', build: 'node build.js' } },
    );
    const build = await runCli(['build', dir, '--skip-install', '--build-timeout', '1']);
    expect(build.code).toBe(3);
    expect(build.stderr).toMatch(/error \[BUILD_TIMEOUT\][^]*hint: .*--build-timeout SECONDS/);
    expect(start.stderr + build.stderr).not.toContain('TimeoutMs');
  });

  it('tells of a log sink that fails', async () => {
    const dir = await project({
      'project-runner.config.mjs': `
        const open = () => { throw new Error('no such bucket'); };
        export default { plugins: [{ kind: 'log-sink', name: 'cloud', apiVersion: 1, open }] };`,
    });
    const { code, stdout } = await runCli(['up', dir, '--skip-install', '--once', '--json']);
    expect(code).toBe(0);
    const notices = cliEvents(stdout).filter(({ event }) => event === 'notice');
    expect(notices).toEqual([
      {
        event: 'notice',
        message: expect.stringMatching(/^The log has gaps: log-sink:cloud .*no such bucket$/),
      },
    ]);
  });

  it('says that the port is taken, before it builds', async () => {
    const other = createServer((_request, response) => response.end('somebody else')).listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runCli(['up', await project(), '--skip-install', '--port', `${port}`]);
    expect(code).toBe(4);
    expect(stderr).toMatch(new RegExp(`^error \\[PORT_UNAVAILABLE\\] .*${port}`));
  });
});

describe('build', () => {
  it('prints where the release is', async () => {
    const { code, stdout } = await runCli(['build', await project(), '--skip-install']);
    expect(code).toBe(0);
    expect(readFileSync(join(stdout.trim(), 'server.js'), 'utf8')).toBe(server);
  });

  it('with --json, too', async () => {
    const dir = await project();
    const env = { XDG_STATE_HOME: tempFolder('project-runner-state-') };
    for (const cached of [false, true]) {
      const { code, stdout, stderr } = await runCli(['build', dir, '--skip-install', '--json'], { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(cliEvents(stdout).at(-1)).toMatchObject({
        event: 'built',
        cached,
        releaseDir: expect.any(String),
      });
    }
  });
});
