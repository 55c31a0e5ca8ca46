import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { root } from '../bootstrap.mjs';

const verdaccio = join(root, 'node_modules/verdaccio/bin/verdaccio');

/**
 * A registry of our own on a free port: what is published there stays there, all else comes from `uplink`. `npmrc` is what
 * a project needs to use it.
 */
export async function startRegistry(dir, uplink) {
  mkdirSync(dir, { recursive: true });
  const config = join(dir, 'config.yaml');
  writeFileSync(config, configOf(uplink));
  const port = await freePort();
  const child = spawn(process.execPath, [verdaccio, '--config', config, '--listen', `127.0.0.1:${port}`], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const ready = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        printed += chunk;
        if (printed.includes(`127.0.0.1:${port}`)) resolve();
      });
    child.once('exit', () => reject(new Error(`The registry did not start:\n${printed}`)));
  });
  await ready;
  const url = `http://127.0.0.1:${port}/`;
  return {
    url,
    // Who publishes does not matter here, but the clients want to be somebody.
    npmrc: `registry=${url}\n//127.0.0.1:${port}/:_authToken=rehearsal\n`,
    output: () => printed,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}

const configOf = (uplink) => `
storage: ./storage
uplinks:
  real:
    url: ${JSON.stringify(uplink)}
    maxage: 60m
packages:
  '@project-runner/*': { access: $all, publish: $all }
  'create-project-runner-plugin': { access: $all, publish: $all }
  '**': { access: $all, proxy: real }
log: { type: stdout, format: pretty, level: warn }
web: { enable: false }
max_body_size: 20mb
`;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
