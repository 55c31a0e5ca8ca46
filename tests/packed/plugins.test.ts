import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { copyPlugin, examplePlugins, npm } from '../support/installed-plugin.ts';
import { packPackages } from '../support/pack-packages.ts';
import { rsyslogPath } from '../support/rsyslog-path.ts';
import type { Found } from '../support/rsyslog-path.ts';

const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/** A core each; more of them would only make each other late. */
const atOnce = 2;

describe('the plugins of examples, outside of the workspace', { timeout: 600_000 }, async () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'project-runner-plugins-')));
  const names = await examplePlugins();
  const results = new Map(names.map((name) => [name, Promise.withResolvers<void>()]));
  beforeAll(async () => {
    const tarballs = await packPackages(join(dir, 'tarballs'));
    const waiting = names.values();
    const proveNext = async (): Promise<void> => {
      for (const name of waiting) {
        await provePlugin(name, dir, tarballs).then(results.get(name)?.resolve, results.get(name)?.reject);
      }
    };
    for (const { promise } of results.values()) promise.catch(() => undefined);
    proving = Promise.all(Array.from({ length: atOnce }, proveNext));
  });
  let proving: Promise<unknown> | undefined;
  afterAll(async () => {
    await proving;
    rmSync(dir, { recursive: true, force: true });
  });

  it.each(names)('%s installs, builds, passes its own tests and packs', async (name) => {
    await expect(results.get(name)?.promise).resolves.toBeUndefined();
  });
});

async function provePlugin(name: string, dir: string, tarballs: Record<string, string>): Promise<void> {
  const plugin = await copyPlugin(name, dir, tarballs);
  const [tool] = await Promise.all([findTool(name, dir), npm(plugin, ['install', ...quiet])]);
  await npm(plugin, ['run', 'build']);
  const output = await npm(plugin, ['test'], tool.folder === null ? [] : [tool.folder]);
  assert.match(output, /conformance/);
  if (tool.reason) console.warn(`${name}: not all of its tests ran: ${tool.reason}`);
  else assert.doesNotMatch(output, /skipped [1-9]|\d+ skipped/);
  const [packed] = JSON.parse(await npm(plugin, ['pack', '--json', '--ignore-scripts'])) as [
    { files: { path: string }[] },
  ];
  const files = packed.files.map(({ path }) => path);
  const always = ['LICENSE', 'README.md', 'package.json'];
  for (const file of always) assert.ok(files.includes(file), `${name} is packed without ${file}`);
  const strange = files.filter(
    (file) => !always.includes(file) && !/^dist\/(src\/)?[\w-]+\.(js|d\.ts)$/.test(file),
  );
  assert.deepEqual(strange, [], `${name} is packed with more than what was built from src`);
}

function findTool(name: string, dir: string): Promise<Found> {
  return name === 'plugin-syslog-sink'
    ? rsyslogPath(join(dir, 'rsyslog'))
    : Promise.resolve({ folder: null });
}
