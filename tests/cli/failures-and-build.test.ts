import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { tempFolder } from '../support/temp-folder.ts';
import { listFiles, project, server } from './shop-project.ts';
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
    expect(stderr).toContain('error [SERVER_EXITED] The server exited with exit code 9');
  });

  it('says that the port is taken', async () => {
    const other = createServer((_request, response) => response.end('somebody else')).listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runCli(['up', await project(), '--skip-install', '--port', `${port}`]);
    expect(code).toBe(4);
    expect(stderr).toMatch(new RegExp(`error \\[PORT_UNAVAILABLE\\] .*${port}`));
  });
});

describe('build', () => {
  it('prints where the release is', async () => {
    const { code, stdout } = await runCli(['build', await project(), '--skip-install']);
    expect(code).toBe(0);
    expect(readFileSync(join(stdout.trim(), 'server.js'), 'utf8')).toBe(server);
  });

  it('with --json, too', async () => {
    const { code, stdout, stderr } = await runCli(['build', await project(), '--skip-install', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(cliEvents(stdout).at(-1)).toMatchObject({ event: 'built', releaseDir: expect.any(String) });
  });
});

describe('project-runner.config.ts', () => {
  it('adds a plugin of a third party', async () => {
    const dir = await project({
      'my-sink.ts': `
        import { appendFileSync } from 'node:fs';
        export function mySink(file: string) {
          return {
            kind: 'log-sink' as const,
            name: 'mine',
            apiVersion: 1 as const,
            async open() {
              return {
                write(batch: { lines(): Iterable<{ text: string }> }) {
                  for (const { text } of batch.lines()) appendFileSync(file, text + '\\n');
                },
                close() {},
              };
            },
          };
        }`,
      'project-runner.config.ts': `
        import { join } from 'node:path';
        import { mySink } from './my-sink.ts';
        export default { plugins: [mySink(process.env.SINK_FILE as string)], stateDir: process.env.SINK_STATE };`,
    });
    const out = tempFolder();
    const file = join(out, 'lines.txt');
    const env = { SINK_FILE: file, SINK_STATE: join(out, 'state') };
    const before = listFiles(dir);
    const { code, stderr } = await runCli(['up', dir, '--skip-install', '--once'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Ready') });
    expect(readFileSync(file, 'utf8')).toContain('listening\n');
    expect(readdirSync(join(out, 'state'))).toContain('builds');
    expect(listFiles(dir)).toEqual(before);
  });
});
