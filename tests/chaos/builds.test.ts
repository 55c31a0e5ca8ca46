import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { processesMarked } from '../support/test-runner.ts';

it('ends a build whose runner was killed, with its whole tree and its files', async () => {
  const dir = tempFolder();
  const config = { stateDir: join(dir, 'state'), buildDir: join(dir, 'builds') };
  const runner = await spawnRunner(config);
  const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
  const project = projectRecord(
    await writeFiles(tempFolder(), {
      'package.json': {
        json: { name: 'slow', scripts: { build: 'node build.cjs && echo', start: 'node x' } },
      },
      'build.cjs': `${stubborn} require('node:fs').writeFileSync('pid.txt', String(process.pid) + '\\n');`,
    }),
  );
  const build = buildRecord(deploymentRecord(project));
  runner.call('build', project, build, { skipInstall: true }).catch(() => undefined);
  const files = join(config.buildDir, project.id, build.id);
  const pid = await eventually(
    () => {
      try {
        return readFileSync(join(files, 'pid.txt'), 'utf8');
      } catch {
        return '';
      }
    },
    (text) => text.endsWith('\n'),
  );
  await runner.kill();
  const environment = readFileSync(`/proc/${Number(pid)}/environ`, 'utf8');
  const marker = /PROJECT_RUNNER_ID=([^\0]+)/.exec(environment)?.[1] ?? '';
  expect(marker).toMatch(/^build-/);

  const heir = await spawnRunner(config);
  await heir.call('recover');
  expect(processesMarked(marker)).toEqual([]);
  expect(readdirSync(join(config.buildDir, project.id))).toEqual([`${build.id}.log`]);
  expect(readdirSync(join(config.stateDir, 'builds-running'))).toEqual([]);
  // The same build may be made again.
  const again = await heir.call('build', project, build, { skipInstall: true, timeoutMs: 1000 });
  expect(again).toMatchObject({
    status: 'failed',
    errorMessage: expect.stringContaining('Build timed out after 1000 ms') as string,
  });
});
