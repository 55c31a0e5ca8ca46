import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import type { Build, PackageManagerPlugin } from '@project-runner/core';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';
import { isLong } from './long.ts';

/** Starts Node and nothing else, so that hundreds of builds take a minute. */
const bare: PackageManagerPlugin = {
  kind: 'package-manager',
  name: 'bare',
  apiVersion: 1,
  detect: () => ({ strength: 'declared', file: 'package.json', lockfile: 'bare.lock' }),
  install: () => ({ file: 'node', args: ['install.mjs'] }),
  run: (script) => ({ file: 'node', args: [`${script}.mjs`] }),
  version: () => ({ file: 'node', args: ['--version'] }),
};

/** Writes down everything that a build can see. */
const recorder = `
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
const seen = {};
const look = (dir) => {
  for (const name of readdirSync(dir).sort()) {
    const path = dir + '/' + name;
    if (name === 'dist') continue;
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) seen[path] = 'to ' + readlinkSync(path);
    else if (stats.isDirectory()) (seen[path] = 'folder'), look(path);
    else seen[path] = (stats.mode & 0o777).toString(8) + ' ' + readFileSync(path, 'utf8');
  }
};
look('.');
mkdirSync('dist', { recursive: true });
writeFileSync('dist/out.json', JSON.stringify({ seen, colour: process.env.COLOUR ?? null }));
`;

/** Copies what the lockfile says to where dependencies are. */
const installer = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('node_modules/dep', { recursive: true });
writeFileSync('node_modules/dep/index.js', readFileSync('bare.lock', 'utf8'));
`;

const files = ['a.txt', 'src/b.txt', 'src/deep/c.txt', 'data/d.txt', '.env'];
const file = fc.constantFrom(...files);
const text = fc.constantFrom('one', 'two', '');

type State = { dir: string; env: Record<string, string> };
type Edit = (state: State) => void;

const put = (dir: string, path: string, content: string): void => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  rmSync(join(dir, path), { recursive: true, force: true });
  writeFileSync(join(dir, path), content);
};

const isFile = (path: string): boolean => existsSync(path) && lstatSync(path).isFile();

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(file, text).map(
    ([path, content]): Edit =>
      ({ dir }) =>
        put(dir, path, content),
  ),
  // Same size, same times.
  fc.tuple(file, text).map(([path, content]): Edit => ({ dir }) => {
    if (!isFile(join(dir, path))) return;
    const { atime, mtime } = statSync(join(dir, path));
    writeFileSync(join(dir, path), content);
    utimesSync(join(dir, path), atime, mtime);
  }),
  file.map(
    (path): Edit =>
      ({ dir }) =>
        rmSync(join(dir, path), { recursive: true, force: true }),
  ),
  fc.tuple(file, file).map(([from, to]): Edit => ({ dir }) => {
    if (from === to || !isFile(join(dir, from))) return;
    mkdirSync(dirname(join(dir, to)), { recursive: true });
    rmSync(join(dir, to), { recursive: true, force: true });
    renameSync(join(dir, from), join(dir, to));
  }),
  fc.tuple(file, fc.constantFrom(0o644, 0o600, 0o755)).map(([path, mode]): Edit => ({ dir }) => {
    if (isFile(join(dir, path))) chmodSync(join(dir, path), mode);
  }),
  file.map((path): Edit => ({ dir }) => {
    if (isFile(join(dir, path))) utimesSync(join(dir, path), new Date(), new Date());
  }),
  fc.constantFrom('empty', 'src/empty').map((path): Edit => ({ dir }) => {
    if (existsSync(join(dir, path))) rmSync(join(dir, path), { recursive: true });
    else mkdirSync(join(dir, path), { recursive: true });
  }),
  fc.constantFrom('a.txt', 'src', 'bare.lock').map((target): Edit => ({ dir }) => {
    rmSync(join(dir, 'link'), { force: true });
    symlinkSync(target, join(dir, 'link'));
  }),
  fc.constantFrom('red', 'green', null).map((colour): Edit => ({ env }) => {
    if (colour === null) delete env.COLOUR;
    else env.COLOUR = colour;
  }),
  text.map(
    (content): Edit =>
      ({ dir }) =>
        put(dir, 'bare.lock', content),
  ),
);

const numRuns = isLong ? 5 : 2;
const editsPerRun = 40;
const edited = numRuns * editsPerRun;

it(
  `answers after each of ${edited} random edits what a clean build answers`,
  { timeout: 600_000 },
  async () => {
    const counts = { builds: 0, cached: 0, installs: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(edits, { minLength: editsPerRun, maxLength: editsPerRun }),
        async (sequence) => {
          const dir = await writeFiles(tempFolder(), {
            'package.json': { json: { scripts: { build: 'x', start: 'node dist/out.json' } } },
            'build.mjs': recorder,
            'install.mjs': installer,
            'bare.lock': 'one',
          });
          const plugins = [bare];
          const cached = testRunner({ plugins });
          const clean = testRunner({ plugins, cache: false });
          const project = projectRecord(dir);
          const deployment = deploymentRecord(project);
          const state: State = { dir, env: {} };
          const build = async ({
            runner,
            config,
          }: typeof cached): Promise<{ log: string[]; made: string }> => {
            const log: string[] = [];
            const options = { envVars: { ...state.env } };
            const result: Build = await runner.build(project, buildRecord(deployment), options, (line) =>
              log.push(line),
            );
            expect(result.errorMessage, log.join('\n')).toBeNull();
            const made = join(config.buildDir ?? '', project.id, result.id, 'dist/out.json');
            return { log, made: readFileSync(made, 'utf8') };
          };
          for (const edit of sequence) {
            edit(state);
            const [answer, truth] = [await build(cached), await build(clean)];
            expect(JSON.parse(answer.made)).toEqual(JSON.parse(truth.made));
            counts.builds += 1;
            if (answer.log.some((line) => line.startsWith('Cached: '))) counts.cached += 1;
            if (answer.log.some((line) => line.startsWith('Installing '))) counts.installs += 1;
          }
          // Nothing of it was ever built in.
          expect(readdirSync(dir)).not.toContain('dist');
        },
      ),
      { numRuns, endOnFailure: true },
    );
    // Otherwise the cache was never asked anything.
    expect(counts.builds).toBe(edited);
    expect(counts.cached).toBeGreaterThan(edited / 10);
    expect(counts.installs).toBeLessThan(edited / 2);
  },
);
