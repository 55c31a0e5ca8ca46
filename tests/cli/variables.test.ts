import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { project } from './shop-project.ts';
import { cliEvents, runCli } from './spawn-cli.ts';

describe('--env-file and --env-from', () => {
  it('never runs what the file says in the command itself', async () => {
    const out = tempFolder();
    const dir = await project({
      'evil.cjs': `require('node:fs').writeFileSync(${JSON.stringify(join(out, 'ran'))}, '')`,
    });
    await writeFiles(dir, { 'x.env': `NODE_OPTIONS=--require ${join(dir, 'evil.cjs')}\n` });
    const { code } = await runCli(['build', dir, '--skip-install', '--env-from', join(dir, 'x.env')]);
    expect(code).toBe(0);
    expect(existsSync(join(out, 'ran'))).toBe(false);
  });

  it('warns of lines that say nothing', async () => {
    const dir = await project({ 'odd.env': 'GREETING=hi\nNOT VALID\n1A=2\n' });
    const args = ['up', dir, '--skip-install', '--once', '--json', '--request', '/hello?name=Ada'];
    const { code, stdout } = await runCli([...args, '--env-from', join(dir, 'odd.env')]);
    const events = cliEvents(stdout);
    expect(events.filter(({ event }) => event === 'notice').map(({ message }) => message)).toEqual([
      expect.stringContaining(`${join(dir, 'odd.env')}:2: expected NAME=VALUE`),
      expect.stringContaining(`${join(dir, 'odd.env')}:3: a name starts with`),
    ]);
    expect(events).toContainEqual(expect.objectContaining({ event: 'response', body: 'Hello Ada hi' }));
    expect(code).toBe(0);
  });

  it('wins over the project’s own files and loses to --env', async () => {
    const dir = await project({
      '.env': 'GREETING=own\nONLY_OWN=1\n',
      'one.env': 'GREETING=file\n',
      'server.js': `
        import { createServer } from 'node:http';
        const { GREETING, ONLY_OWN } = process.env;
        createServer((_, response) => response.end(GREETING + ONLY_OWN)).listen(process.env.PORT, process.env.HOST);`,
    });
    const answer = async (...args: string[]): Promise<unknown> => {
      const { stdout } = await runCli(['up', dir, '--skip-install', '--once', '--json', ...args]);
      return cliEvents(stdout).find(({ event }) => event === 'response')?.body;
    };
    expect(await answer()).toBe('own1');
    expect(await answer('--env-file', join(dir, 'one.env'))).toBe('file1');
    expect(await answer('--env-from', join(dir, 'one.env'), '--env', 'GREETING=flag')).toBe('flag1');
  });
});
