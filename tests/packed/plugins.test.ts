import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compileSnippets } from '../../docs/scripts/compile-snippets.mjs';
import { root, snippetsOf } from '../../docs/scripts/snippets.mjs';
import { copyPlugin, examplePlugins, npm } from '../support/installed-plugin.ts';
import { packPackages } from '../support/pack-packages.ts';
import { rsyslogPath } from '../support/rsyslog-path.ts';
import type { Found } from '../support/rsyslog-path.ts';
import { writeFiles } from '../support/temp-folder.ts';

const run = promisify(execFile);

const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/** Elsewhere some programs cannot be had. */
const mustRunAll = process.platform === 'linux' && process.arch === 'x64';

/** A core each; more of them would only make each other late. */
const atOnce = 2;

describe('the plugins of examples, outside of the workspace', { timeout: 600_000 }, async () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'project-runner-plugins-')));
  const names = await examplePlugins();
  const results = new Map(names.map((name) => [name, Promise.withResolvers<void>()]));
  let proving: Promise<unknown> | undefined;
  let tarballs: Record<string, string> = {};
  beforeAll(async () => {
    tarballs = await packPackages(join(dir, 'tarballs'));
    await mkdir(join(dir, 'packed'));
    const waiting = names.values();
    const proveNext = async (): Promise<void> => {
      for (const name of waiting) {
        await provePlugin(name, dir, tarballs).then(results.get(name)?.resolve, results.get(name)?.reject);
      }
    };
    for (const { promise } of results.values()) promise.catch(() => undefined);
    proving = Promise.all(Array.from({ length: atOnce }, proveNext));
  });
  afterAll(async () => {
    await proving;
    rmSync(dir, { recursive: true, force: true });
  });

  it.each(names)('%s installs, builds, passes its own tests and packs', async (name) => {
    await expect(results.get(name)?.promise).resolves.toBeUndefined();
  });

  it('all of them are installed into one host, which takes them as its plugins', async () => {
    await proving;
    const packed = await readdir(join(dir, 'packed'));
    const host = await writeFiles(join(dir, 'host'), {
      'package.json': {
        json: hostManifest(
          packed.map((file) => join(dir, 'packed', file)),
          tarballs,
        ),
      },
      'host.mjs': hostScript,
    });
    await npm(host, ['install', ...quiet]);
    const { stdout } = await run(process.execPath, ['host.mjs'], { cwd: host });
    expect(JSON.parse(stdout)).toEqual([
      'health-probe:exec',
      'health-probe:grpc',
      'health-probe:tcp',
      'log-sink:otlp',
      'log-sink:syslog',
      'package-manager:deno',
      'port-strategy:fixed',
      'port-strategy:unix-socket',
    ]);

    const readmes = names.map((name) => `examples/${name}/README.md`);
    const blocks = readmes.flatMap((file) => snippetsOf(readFileSync(join(root, file), 'utf8'), file));
    const typed = blocks.filter(({ language }) => language === 'ts');
    expect(new Set(typed.map(({ document }) => document))).toEqual(new Set(readmes));
    expect(compileSnippets(typed, join(host, 'readmes'))).toEqual([]);
  });
});

const hostScript = `
import { PluginSet } from '@project-runner/core';
import { createProjectRunner } from '@project-runner/runner';
import { grpcProbe } from 'project-runner-plugin-health-grpc';
import { execProbe, tcpProbe } from 'project-runner-plugin-health-tcp-exec';
import { otlpSink } from 'project-runner-plugin-logs-otlp';
import { syslogSink } from 'project-runner-plugin-logs-syslog';
import { deno } from 'project-runner-plugin-pm-deno';
import { fixedPorts } from 'project-runner-plugin-ports-fixed';
import { unixSockets } from 'project-runner-plugin-ports-unix-socket';

const ports = unixSockets({ dir: './sockets' });
const plugins = [tcpProbe(), execProbe({ file: 'true' }), grpcProbe(), syslogSink(), otlpSink(), deno(), ports];
createProjectRunner({ plugins, without: ['port-strategy:range'], stateDir: './state' });
const keys = PluginSet.from([...plugins, fixedPorts({ ports: {}, strategy: ports })]).keys();
console.log(JSON.stringify(keys.toSorted()));
`;

/** What a host has that installs plugins from a registry: core comes once, as their peer. */
function hostManifest(plugins: readonly string[], tarballs: Record<string, string>): object {
  const own = new Set(['@project-runner/core', '@project-runner/runner']);
  const local = Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`] as const);
  const others = plugins.map(
    (file) => [basename(file).replace(/-\d[^-]*\.tgz$/, ''), `file:${file}`] as const,
  );
  return {
    name: 'host',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...local.filter(([name]) => own.has(name)), ...others]),
    overrides: Object.fromEntries(local.map(([name, file]) => [name, own.has(name) ? `$${name}` : file])),
  };
}

async function provePlugin(name: string, dir: string, tarballs: Record<string, string>): Promise<void> {
  const plugin = await copyPlugin(name, dir, tarballs);
  const [tool] = await Promise.all([findTool(name, dir), npm(plugin, ['install', ...quiet])]);
  await npm(plugin, ['run', 'build']);
  const output = await npm(plugin, ['test'], tool.folder === null ? [] : [tool.folder]);
  assert.match(output, /conformance/);
  // Of node:test a whole suite that is left out counts as none.
  const skipped = /^\s*﹣ .*|.*# SKIP.*|.*[1-9]\d* skipped.*|.*skipped [1-9].*/m.exec(output)?.[0];
  if (skipped)
    console.warn(`${name}: not all of its tests ran: ${skipped}${tool.reason ? `; ${tool.reason}` : ''}`);
  assert.ok(!skipped || !mustRunAll || tool.reason, `${name} left tests out: ${skipped}`);
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', join(dir, 'packed')];
  const [packed] = JSON.parse(await npm(plugin, pack)) as [{ files: { path: string }[] }];
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
