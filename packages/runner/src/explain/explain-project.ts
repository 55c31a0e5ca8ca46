import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { detectProject } from '../build/detect-project.ts';
import { locateSource } from '../build/locate-source.ts';
import { lookAtSource } from '../build/look-at-source.ts';
import { composePlugins } from '../compose-plugins.ts';
import type { RunnerConfig } from '../config.ts';
import { readManifest } from '../detect/read-manifest.ts';
import { localRecords } from '../local-records.ts';
import { applyProjectOptions } from '../project-options/apply-project-options.ts';
import { readProjectOptions } from '../project-options/read-project-options.ts';
import { resolveConfig } from '../resolve-config.ts';
import { explainBuild } from './explain-build.ts';
import { explainCache, plain } from './explain-cache.ts';
import { explainServer } from './explain-server.ts';
import type { ExplainedProject, ExplainOptions } from './explained-project.ts';
import { outputProblem } from './output-problem.ts';
import type { ProjectExplanation } from './project-explanation.ts';

/**
 * What `build` and `deploy` would find and run for the project in a folder, and why, without building or starting anything.
 * Plugins are composed once.
 * `--version` of its package manager is asked, in an empty folder and without the variables: no code of the project is run.
 * @throws ProjectRunnerError as `build` would be failed: `PROJECT_NOT_FOUND`, `MANIFEST_MISSING`, `MANIFEST_INVALID`,
 * `SYMLINK_ESCAPES`, `PACKAGE_MANAGER_AMBIGUOUS`, `PACKAGE_MANAGER_UNKNOWN`, `FRAMEWORK_UNKNOWN`; of the configuration
 * `CONFIG_INVALID`, `PLUGIN_INVALID`, `PLUGIN_MISSING`; the signal's reason
 */
export async function explainProject(
  dir: string,
  config: RunnerConfig = {},
  options: ExplainOptions = {},
): Promise<ProjectExplanation> {
  const temp = await mkdtemp(join(await realpath(tmpdir()), 'project-runner-explain-'));
  try {
    const project = await find(dir, config, { ...options, temp });
    const cache = await explainCache(project);
    const missing = outputProblem(project);
    return {
      ...explainBuild(project, cache.manager),
      ...(await explainServer(project)),
      cache: cache.cache,
      cacheReason: cache.reason,
      problem: cache.problem ?? (missing && plain(missing)),
    };
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

async function find(
  dir: string,
  written: RunnerConfig,
  { temp, plugins: composed, ...options }: ExplainOptions & { temp: string },
): Promise<ExplainedProject> {
  const config = resolveConfig(written);
  const hostPlugins = composed ?? composePlugins(written);
  const signal = options.signal ?? new AbortController().signal;
  const records = localRecords(dir, options.name === undefined ? {} : { name: options.name });
  const source = await locateSource(records.project, {
    source: { getProjectPath: () => Promise.resolve(dir) },
    targetDir: join(temp, 'source'),
    buildDir: config.buildDir,
    managers: hostPlugins.all('package-manager'),
    skipInstall: options.skipInstall ?? false,
    signal,
    onLateAnswer: () => undefined,
  });
  const seen = lookAtSource(source.projectDir, source.rootDir, source);
  const projectOptions = readProjectOptions(seen, config.projectOptions);
  const plugins = applyProjectOptions(hostPlugins, config, projectOptions);
  const detected = detectProject(source, plugins, (at, root) => lookAtSource(at, root, source));
  const name = options.name ?? readManifest(source.projectDir)?.name ?? basename(source.projectDir);
  return {
    ...detected,
    written,
    config,
    hostPlugins,
    plugins,
    projectOptions,
    source,
    records,
    options: { ...options, name },
    signal,
    temp,
  };
}
