import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

describe('--secret and --secrets-from', () => {
  const token = 'tok_0123456789';
  const password = 'hunter2-hunter2';

  it('reach build and server, and are masked wherever those print them', async () => {
    const dir = await project(
      {
        'keys.env': `DB_PASSWORD=${password}\nTOKEN=from-the-file\n`,
        'build.js': 'console.log("building with", process.env.TOKEN, process.env.DB_PASSWORD)',
        'server.js': `
          import { createServer } from 'node:http';
          const { TOKEN, DB_PASSWORD } = process.env;
          console.log('serving with', TOKEN, DB_PASSWORD);
          createServer((_, response) => response.end(TOKEN + ' ' + DB_PASSWORD))
            .listen(process.env.PORT, process.env.HOST);`,
      },
      { scripts: { build: 'node build.js', start: 'node server.js' } },
    );
    const state = tempFolder();
    const args = ['up', dir, '--skip-install', '--once', '--json', '--state-dir', state];
    const { code, stdout } = await runCli(
      [...args, '--secret', 'TOKEN', '--secrets-from', join(dir, 'keys.env'), '--env', 'TOKEN=no'],
      { env: { TOKEN: token } },
    );
    expect(code).toBe(0);
    const events = cliEvents(stdout);
    const [tokenMask, passwordMask] = ['*'.repeat(token.length), '*'.repeat(password.length)];
    const lines = events
      .filter(({ event }) => event === 'build-log' || event === 'log')
      .map(({ line }) => line);
    expect(lines).toContain(`building with ${tokenMask} ${passwordMask}`);
    expect(lines).toContain(`serving with ${tokenMask} ${passwordMask}`);
    // What the server answers is the user's own.
    expect(events.find(({ event }) => event === 'response')?.body).toBe(`${token} ${password}`);
    const kept = readdirSync(state, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && entry.name !== 'keys.env',
    );
    for (const { parentPath, name } of kept) {
      const text = readFileSync(join(parentPath, name), 'utf8');
      expect(text.includes(token) || text.includes(password), join(parentPath, name)).toBe(false);
    }
  });

  it('end the command where one is not set, before anything is built', async () => {
    const { code, stderr } = await runCli(['build', await project(), '--secret', 'TOKEN']);
    expect(code).toBe(2);
    expect(stderr).toContain('[CONFIG_INVALID] --secret TOKEN: TOKEN is not set in this shell');
    const given = await runCli(['up', await project(), '--secret', `TOKEN=${token}`]);
    expect(given.code).toBe(2);
    expect(given.stderr).toContain('--secret expects the NAME of a variable, found "TOKEN" with a value');
    expect(given.stdout + given.stderr).not.toContain(token);
  });
});
