import { appendFileSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { tempFolder } from '../support/temp-folder.ts';
import { project } from './shop-project.ts';
import { cliEvents, runCli } from './spawn-cli.ts';

const isId = (name: string): boolean => /^[0-9a-f-]{36}$/.test(name);

describe('the state folder', () => {
  it('keeps three builds and one data folder', async () => {
    const dir = await project();
    const state = tempFolder();
    const seen: string[] = [];
    for (const command of ['up', 'up', 'build', 'build']) {
      // Another version each time: the same one again would share the files of the first.
      appendFileSync(join(dir, 'server.js'), '// more\n');
      const args = [command, dir, '--skip-install', '--json', '--state-dir', state];
      const { code, stdout } = await runCli(command === 'up' ? [...args, '--once'] : args);
      expect(code).toBe(0);
      seen.push(
        ...cliEvents(stdout).flatMap(({ event, releaseDir }) => (event === 'built' ? [`${releaseDir}`] : [])),
      );
    }
    const builds = dirname(seen[0] ?? '');
    expect(
      readdirSync(builds)
        .filter((name) => name.endsWith('.release.json'))
        .map((name) => join(builds, name.slice(0, -'.release.json'.length)))
        .sort(),
    ).toEqual(seen.slice(1).sort());
    expect(readdirSync(join(state, 'data'))).toHaveLength(1);
  });

  it('does not grow by commands that fail', async () => {
    const dir = await project(
      { 'build.js': 'process.exit(1)' },
      { scripts: { start: 'node server.js', build: 'node build.js' } },
    );
    const crashing = await project({ 'server.js': 'process.exit(1)' });
    const state = tempFolder();
    for (let run = 0; run < 4; run += 1) {
      appendFileSync(join(crashing, 'server.js'), '// more\n');
      await runCli(['build', dir, '--skip-install', '--state-dir', state]);
      await runCli(['up', crashing, '--skip-install', '--state-dir', state]);
    }
    for (const ofProject of readdirSync(join(state, 'builds')).filter(isId)) {
      const names = readdirSync(join(state, 'builds', ofProject));
      // The files of others may stay, as the cache of builds to come.
      expect(names.filter((name) => name.endsWith('.release.json')).length).toBeLessThanOrEqual(3);
    }
  });

  it('says whose it is and where the logs are', async () => {
    const dir = await project();
    const state = tempFolder();
    const { stdout } = await runCli(['up', dir, '--skip-install', '--once', '--json', '--state-dir', state]);
    const ready = cliEvents(stdout).find(({ event }) => event === 'ready');
    expect(readFileSync(`${ready?.logFile}`, 'utf8')).toContain('listening\n');
    expect(readFileSync(join(state, 'projects.txt'), 'utf8')).toBe(`${realpathSync(dir)}\n`);
    const owner = readFileSync(join(dirname(`${ready?.logFile}`), 'owner.json'), 'utf8');
    expect(JSON.parse(owner)).toMatchObject({ project: realpathSync(dir) });
  });
});
