import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Build, BuildOptions, BuildStageEvent, Project, ProjectSource } from '@project-runner/core';

import type { RunnerConfig } from '../config.ts';
import { buildRecord, projectRecord } from '../records.test-support.ts';
import { localSource, tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';
import type { Files } from './build-fixture.test-support.ts';

/** Says what it was made of, and that it ran. */
const script = `
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/server.mjs', readFileSync('text.txt', 'utf8') + '|' + process.env.COLOUR);
console.log('built', process.env.COLOUR);
`;

const files: Files = {
  'package.json': { json: { scripts: { build: 'node build.mjs', start: 'node dist/server.mjs' } } },
  'build.mjs': script,
  'text.txt': 'one',
  'src/deep/a.txt': 'a',
};

/** A project that is built again and again. */
export interface Shop {
  dir: string;
  project: Project;
  deploymentId: string;
  buildDir: string;
  stages: BuildStageEvent[];
  build(
    options?: BuildOptions,
    record?: Partial<Build>,
    onLine?: (line: string) => void,
  ): Promise<Build & { log: string[] }>;
  /** Builds another project beside it. */
  another(files: Files): Promise<Build>;
  /** What the build left. */
  made(build: Build): string;
}

export function shop(config: RunnerConfig = {}, more: Files = {}, source: ProjectSource = localSource): Shop {
  const dir = writeFiles(tempFolder(), { ...files, ...more });
  const project = projectRecord(dir);
  const { deploymentId } = buildRecord();
  const { build, builder, buildDir, stages } = testBuilder(config);
  const made = ({ id }: Build): string =>
    readFileSync(join(buildDir, project.id, id, 'dist/server.mjs'), 'utf8');
  return {
    dir,
    project,
    deploymentId,
    buildDir,
    stages,
    made,
    another: (own) => build(writeFiles(tempFolder(), { ...files, ...own })),
    async build(options = {}, record = {}, onLine = () => {}) {
      const log: string[] = [];
      const built = await build('', options, {
        project,
        build: { ...buildRecord(), deploymentId, ...record },
        source,
        onLog(line) {
          log.push(line);
          onLine(line);
        },
      });
      // What is removed in the background afterwards is removed before the test goes on. Others may still build here.
      if (!options.signal) await builder.idle();
      return { ...built, log };
    },
  };
}

/** Whether its build script was run. */
export const ran = (log: readonly string[]): boolean => log.some((line) => line.startsWith('built '));
/** Why it was not taken from the cache. */
export const why = (log: readonly string[]): string[] => log.filter((line) => line.startsWith('Not cached'));
