import { cpSync, existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { serverProject } from '../support/server-project.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('logs of ended servers go, those of a silent server that no runner looked after for long stay', async () => {
  const dir = tempFolder();
  const config = {
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    portRange: { start: 20_580, end: 20_589 },
    stopGraceMs: 3000,
  };
  const runner = await spawnRunner(config);
  const project = projectRecord(await serverProject('well'));
  const deployment = deploymentRecord(project);
  const build = await runner.call('build', project, buildRecord(deployment), { skipInstall: true });
  const server = await runner.call('deploy', project, deployment, build);
  const logs = join(config.stateDir, 'logs');
  const segment = join(logs, server.id, '000000000001.log');
  await eventually(() => existsSync(segment), Boolean);
  await runner.kill();
  rmSync(join(logs, 'last-sweep~'), { force: true });
  cpSync(join(logs, server.id), join(logs, 'ended'), { recursive: true });
  const old = Date.now() / 1000 - 40 * 24 * 60 * 60;
  for (const id of [server.id, 'ended']) {
    utimesSync(join(logs, id, '000000000001.log'), old, old);
    utimesSync(join(logs, id), old, old);
  }

  const heir = await spawnRunner(config);
  await heir.call('recover');
  await eventually(
    () => heir.logs,
    (lines) => lines.includes(`info Removed logs of ended servers from ${logs}: 1 `),
  );
  expect(readdirSync(logs).toSorted()).toEqual(['last-sweep~', server.id].toSorted());
  expect(existsSync(segment)).toBe(true);
  await heir.call('stop', server);
  expect(await heir.call('getLogs', server)).toBe('listening\ndraining');
});
