import { callPlugin } from '@project-runner/core';
import type { BuildPlan } from '@project-runner/core';

import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import type { SecretMask } from '../logs/secret-mask.ts';
import { secretValues } from '../logs/secret-values.ts';
import { beginBuild } from './begin-build.ts';
import type { BegunBuild } from './begin-build.ts';
import { buildDependencies } from './build-dependencies.ts';
import type { BuildLog } from './build-log.ts';
import type { BuildStages } from './build-stages.ts';
import { buildSecrets, buildVariables } from './build-variables.ts';
import { clearFolder } from './clear-folder.ts';
import { copyOutput } from './copy-output.ts';
import type { Installed } from './cache/install-entry.ts';
import { outputMissing } from './output-missing.ts';
import { installDependencies } from './install-dependencies.ts';
import { installWithCache, keepInstall } from './install-with-cache.ts';
import { buildWithNestedInstall } from './nested-install.ts';
import type { BuildRequest, ProjectBuilderParts } from './project-builder.ts';
import { publishRelease } from './publish-release.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { replayLog } from './replay-log.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';
import { runBuildScript } from './run-build-script.ts';

export interface MakeReleaseOptions extends ProjectBuilderParts {
  request: BuildRequest;
  /** Marks the processes of this build. */
  id: string;
  /** Where the files go. */
  dir: string;
  log: BuildLog;
  stages: BuildStages;
  signal: AbortSignal;
  /** The source settled after the signal had aborted: it may have written into `dir` until now. */
  onLateAnswer(): void;
  /** It waits for an identical build: neither its place in the queue nor its time is used up. The answer goes on. */
  standBy(): () => Promise<void>;
}

/** What the steps of a build work with. */
export interface ReleaseWork extends MakeReleaseOptions {
  /** Usually `dir`; another one where that has the files of other builds. */
  folder: string;
  secrets: ReadonlyMap<string, string>;
  mask: SecretMask;
}

/** Source → detect → install → build → release. @throws ProjectRunnerError; the signal's reason when it aborts */
export async function makeRelease(options: MakeReleaseOptions): Promise<void> {
  const { config, request, log, stages } = options;
  log.line('Preparing source');
  const { dir, signal } = options;
  const folder = await clearFolder({ dir, buildDir: config.buildDir, projectId: request.project.id, signal });
  const secrets = buildSecrets(buildVariables(config, request), request);
  const mask = createSecretMask(
    secretValues([...secrets.keys()], Object.fromEntries(secrets), config.logger),
  );
  log.hide(mask);
  const work = { ...options, folder, secrets, mask };
  const begun = await stages.run('snapshot', (stage) => beginBuild(work, stage));
  let installed: Installed | null = null;
  let nested: Installed | null = null;
  try {
    if (begun.cached) {
      await takeCached(begun, work);
    } else {
      installed = await install(begun, work);
      nested = await build(begun, installed, work);
    }
    await stages.run('verify', () => verify(begun, work));
    options.signal.throwIfAborted();
    await stages.run('release', () => publishRelease(begun, [installed, nested].filter(isKept), work));
  } catch (error) {
    if (installed) await keepInstall(installed, work);
    throw error;
  } finally {
    begun.end();
  }
  log.line('Build succeeded');
}

function isKept(installed: Installed | null): installed is Installed {
  return installed !== null;
}

async function takeCached({ cached }: BegunBuild, { log, stages }: ReleaseWork): Promise<void> {
  if (!cached) return;
  await stages.run('install', async (stage) => stage.markCached());
  await stages.run('build', async (stage) => {
    await replayLog(cached.entry, log);
    stage.markCached();
  });
}

async function verify(begun: BegunBuild, work: ReleaseWork): Promise<void> {
  const { framework, projectDir, rootDir, cached } = begun;
  const { config, request, secrets, signal, log } = work;
  const after = snapshotDirectory(projectDir, rootDir);
  const output = callPlugin(framework, 'output', () => framework.output(after));
  if (output !== null && !after.has(output)) throw outputMissing(projectDir, output);
  // The rest was done when the files were built, with the same values and the same policy.
  if (cached) return;
  await copyOutput(framework, { project: after, rootDir, signal, onLine: log.line });
  const policy = request.options?.secretsInOutput ?? config.secretsInOutput;
  await refuseSecrets(begun.rootDir, { secrets, policy, onLine: log.line, signal });
}

async function install(begun: BegunBuild, work: ReleaseWork): Promise<Installed | null> {
  const { projectDir, manager, identity } = begun;
  const { request, log, config } = work;
  const allowScripts = config.allowInstallScripts;
  const version = identity?.tools.packageManager ?? null;
  return work.stages.run('install', async (stage) => {
    if (request.options?.skipInstall) {
      log.line('Skipping the install');
      return null;
    }
    return installWithCache(begun, work, stage, (onLine) =>
      installDependencies(manager, { ...context(begun, work), onLine, projectDir, allowScripts, version }),
    );
  });
}

/** Answers what the cache may keep of an install that the build itself ran. */
async function build(
  begun: BegunBuild,
  installed: Installed | null,
  work: ReleaseWork,
): Promise<Installed | null> {
  const { rootDir, projectDir, manager, framework } = begun;
  return work.stages.run('build', async () => {
    // Asked again: what runs the build may have come with the install.
    const plan = planOf(begun);
    const own = context(begun, work);
    const managers = begun.plugins.all('package-manager');
    return buildWithNestedInstall({ begun, work, installed, plan, env: own.env }, async (env) => {
      const build = { ...own, env, plan, framework, manager };
      const isBuilt = await buildDependencies({ ...build, rootDir, projectDir, managers });
      if (!isBuilt) await runBuildScript({ ...build, cwd: projectDir });
    });
  });
}

function context(begun: BegunBuild, work: ReleaseWork): Omit<RunBuildCommandOptions, 'cwd'> {
  const { config, plugins, request, log, signal, mask, id } = work;
  const env = buildVariables(config, request, planOf(begun).env);
  return { launcher: plugins.one('launcher'), id, signal, env, onLine: log.line, mask };
}

function planOf({ framework, projectDir, rootDir }: BegunBuild): BuildPlan {
  return callPlugin(framework, 'build', () => framework.build(snapshotDirectory(projectDir, rootDir)));
}
