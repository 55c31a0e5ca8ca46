import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { tempFolder, writeFiles } from './temp-folder.ts';

export interface TinyRegistry {
  url: string;
  /** From now on the package has that version, too. */
  publish(version: string): Promise<void>;
}

/** A registry with one package, whose metadata npm may keep for an hour. */
export async function tinyRegistry(name: string): Promise<TinyRegistry> {
  const versions = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const { host = '' } = request.headers;
    const tarball = /\/-\/.*-(\d+\.\d+\.\d+)\.tgz$/.exec(request.url ?? '')?.[1];
    if (tarball !== undefined) return void response.end(versions.get(tarball));
    const entries = [...versions.keys()].map((version) => [
      version,
      { name, version, dist: { tarball: `http://${host}/${name}/-/${name}-${version}.tgz` } },
    ]);
    const latest = [...versions.keys()].at(-1);
    response.setHeader('content-type', 'application/json').setHeader('cache-control', 'public, max-age=3600');
    response.end(
      JSON.stringify({ name, 'dist-tags': { latest }, versions: Object.fromEntries(entries) as unknown }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const dir = tempFolder();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async publish(version) {
      const from = await writeFiles(join(dir, version), {
        'package/package.json': { json: { name, version } },
      });
      versions.set(version, execFileSync('tar', ['-cz', '-C', from, 'package']));
    },
  };
}
