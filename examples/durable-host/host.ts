// A host whose servers outlive it: `node host.ts [--home DIR] [folder...]`.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { RunningServer } from '@project-runner/core';
import { readLease, takeLease } from '@project-runner/leases';
import { createProjectRunner, localRecords, stopOnSignals } from '@project-runner/runner';

import { openRecords } from './records.ts';
import type { Hosted } from './records.ts';

const { values, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: { home: { type: 'string', default: '.durable-host' } },
});
const home = resolve(values.home);

// Two hosts at once would each deploy what the other one runs.
if (!takeLease(home, 'host', 'durable-host')) {
  throw new Error(`Process ${readLease(home, 'host')?.pid} is a host of ${home} already`);
}

const records = openRecords(join(home, 'records.json'));
const runner = createProjectRunner({
  // Where the next host finds the servers of this one.
  stateDir: join(home, 'state'),
  buildDir: join(home, 'builds'),
});
runner.setSource({ getProjectPath: ({ path }) => Promise.resolve(path) });
// Each start of a server may have another process and port.
runner.on('ready', ({ server }) => records.setServer(server));
runner.on('restarting', ({ server, reason }) => console.log(`again: ${nameOf(server)}, ${reason}`));
runner.on('crashed', ({ server, reason, lastLines }) =>
  console.error(`crashed: ${nameOf(server)}, ${reason}\n${lastLines.join('\n')}`),
);
stopOnSignals(runner, { servers: 'leave' });
// Servers do not keep the process of a runner alive. Real hosts listen for something; this one only looks after them.
setInterval(() => undefined, 60_000);

for (const folder of folders) records.add(resolve(folder));
const running = new Map((await runner.recover()).map((server) => [server.deploymentId, server]));
for (const hosted of records.all()) {
  const { project, deployment, server: before } = hosted;
  const status = before && runner.getServerStatus(before);
  if (status?.state === 'crashed') console.log(`was given up: ${project.name}, ${status.lastError}`);
  try {
    const found = running.get(deployment.id);
    const server = found ?? (await deploy(hosted));
    records.setServer(server);
    const url = `http://${server.host}:${server.port}`;
    console.log(`${found ? 'found' : 'deployed'}: ${project.name} ${url} (process ${server.processId})`);
  } catch (error) {
    console.error(`not deployed: ${project.name}, ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log('ready');

async function deploy({ project, deployment }: Hosted): Promise<RunningServer> {
  const fresh = { ...localRecords('.').build, deploymentId: deployment.id };
  const build = await runner.build(project, fresh);
  if (build.status === 'failed') throw new Error(build.errorMessage ?? 'the build failed');
  return runner.deploy(project, deployment, build);
}

function nameOf({ deploymentId }: RunningServer): string {
  const hosted = records.all().find(({ deployment }) => deployment.id === deploymentId);
  return hosted?.project.name ?? deploymentId;
}
