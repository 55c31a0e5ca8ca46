import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { project } from './shop-project.ts';
import { cliEvents, runCli, spawnCli } from './spawn-cli.ts';

it('keeps the build of a server that another terminal runs, however many come after it', async () => {
  const dir = await project();
  const state = tempFolder();
  const args = [dir, '--skip-install', '--json', '--state-dir', state];
  const first = spawnCli(['up', ...args]);
  const events = await eventually(
    () => cliEvents(first.stdout()),
    (seen) => seen.some(({ event }) => event === 'ready'),
  );
  const used = events.find(({ event }) => event === 'built')?.releaseDir as string;
  for (let count = 0; count < 4; count++) {
    // Another version each time: the same one again would share the files of the first.
    await appendFile(join(dir, 'server.js'), `// ${count}\n`);
    const { code, stderr, stdout } = await runCli(['up', ...args, '--once']);
    expect(code, stderr + stdout).toBe(0);
  }
  expect(existsSync(join(used, 'server.js'))).toBe(true);

  first.child.kill('SIGTERM');
  expect(await first.exited).toBe(0);
  expect(existsSync(`${used}.release.json`)).toBe(true);
  await appendFile(join(dir, 'server.js'), '// last\n');
  expect((await runCli(['up', ...args, '--once'])).code).toBe(0);
  expect(existsSync(`${used}.release.json`)).toBe(false);
});
