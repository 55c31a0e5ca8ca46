import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { PluginSet } from '@project-runner/core';
import type {
  Build,
  BuildOptions,
  BuildStageEvent,
  PluginLayer,
  Project,
  ProjectSource,
} from '@project-runner/core';
import { onTestFinished } from 'vitest';

import type { RunnerConfig } from '../config.ts';
import { defaultPlugins } from '../default-plugins.ts';
import { buildRecord, projectRecord } from '../records.test-support.ts';
import { resolveConfig } from '../resolve-config.ts';
import { ProjectBuilder } from './project-builder.ts';

/** A folder that goes when the test ends. */
export function tempFolder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'project-runner-build-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Texts, symlinks and JSON by their path. */
export type Files = Readonly<Record<string, string | { link: string } | { json: unknown }>>;

export function writeFiles(dir: string, files: Files): string {
  for (const [name, content] of Object.entries(files)) {
    const file = join(dir, name);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === 'string') writeFileSync(file, content);
    else if ('link' in content) symlinkSync(content.link, file);
    else writeFileSync(file, JSON.stringify(content.json));
  }
  return dir;
}

/** Hands back the user's own folder. */
export const localSource: ProjectSource = { getProjectPath: ({ path }) => Promise.resolve(path) };

export interface TestBuilder {
  builder: ProjectBuilder;
  buildDir: string;
  /** Messages of the logger with their data. */
  warnings: [message: string, data: unknown][];
  stages: BuildStageEvent[];
  /** Builds a folder without an install, unless the options say otherwise. */
  build(path: string, options?: BuildOptions, more?: Partial<BuildParts>): Promise<Build & { log: string[] }>;
}

interface BuildParts {
  source: ProjectSource;
  project: Project;
  build: Build;
  onLog: (line: string) => void;
}

/** A real builder with folders of its own; its builds are cancelled when the test ends. */
export function testBuilder(config: RunnerConfig = {}, layer: PluginLayer = []): TestBuilder {
  const dir = tempFolder();
  const warnings: [string, unknown][] = [];
  const note = (message: string, data?: unknown): void => void warnings.push([message, data]);
  const full = {
    buildDir: join(dir, 'builds'),
    stateDir: join(dir, 'state'),
    logger: { debug() {}, info() {}, warn: note, error: note },
    ...config,
  };
  const plugins = PluginSet.from(defaultPlugins(full), layer);
  const stages: BuildStageEvent[] = [];
  const onStage = (event: BuildStageEvent): void => void stages.push(event);
  const builder = new ProjectBuilder({ config: resolveConfig(full), plugins, onStage });
  onTestFinished(() => builder.cancelAll());
  return {
    builder,
    buildDir: full.buildDir,
    warnings,
    stages,
    async build(path, options = {}, more = {}) {
      const log: string[] = [];
      const result = await builder.build({
        source: localSource,
        project: projectRecord(path),
        build: buildRecord(),
        options: { skipInstall: true, ...options },
        onLog: (line) => log.push(line),
        ...more,
      });
      return { ...result, log };
    },
  };
}
