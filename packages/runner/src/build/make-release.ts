import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type { BuildPlan, FrameworkPlugin } from '@project-runner/core';

import { detectFramework } from '../detect/detect-framework.ts';
import { detectPackageManager } from '../detect/detect-package-manager.ts';
import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import type { SecretMask } from '../logs/secret-mask.ts';
import { secretValues } from '../logs/secret-values.ts';
import { buildDependencies } from './build-dependencies.ts';
import type { BuildLog } from './build-log.ts';
import type { BuildStages } from './build-stages.ts';
import { buildSecrets, buildVariables } from './build-variables.ts';
import { copyOutput } from './copy-output.ts';
import { installDependencies } from './install-dependencies.ts';
import { prepareSource } from './prepare-source.ts';
import type { PreparedSource } from './prepare-source.ts';
import type { BuildRequest, ProjectBuilderParts } from './project-builder.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { removeRelease, writeRelease } from './release.ts';
import type { Release } from './release.ts';
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
}

/** How the project is built, as far as its files tell. */
interface Detected extends PreparedSource {
  manager: DetectedPackageManager;
  framework: FrameworkPlugin;
}

/** Source → detect → install → build → release. @throws ProjectRunnerError; the signal's reason when it aborts */
export async function makeRelease(options: MakeReleaseOptions): Promise<void> {
  const { config, dir, request, log, signal, stages } = options;
  log.line('Preparing source');
  await removeRelease(dir);
  const secrets = buildSecrets(buildVariables(config, request), request);
  const mask = createSecretMask(
    secretValues([...secrets.keys()], Object.fromEntries(secrets), options.config.logger),
  );
  log.hide(mask);
  const detected = await stages.run('snapshot', async () => detect(await prepare(options), options));
  await installAndBuild(detected, { ...options, mask });
  await stages.run('verify', async () => {
    await finishOutput(detected, options);
    const policy = request.options?.secretsInOutput ?? config.secretsInOutput;
    await refuseSecrets(detected.rootDir, { secrets, policy, onLine: log.line, signal });
  });
  signal.throwIfAborted();
  await stages.run('release', () => writeRelease(dir, describeRelease(detected, request)));
  log.line('Build succeeded');
}

/** The output is there, and where the server looks for it. */
async function finishOutput(
  { framework, projectDir, rootDir }: Detected,
  { log, signal }: MakeReleaseOptions,
): Promise<void> {
  const after = snapshotDirectory(projectDir, rootDir);
  const output = callPlugin(framework, 'output', () => framework.output(after));
  if (output !== null && !after.has(output)) throw outputMissing(projectDir, output);
  await copyOutput(framework, { project: after, rootDir, signal, onLine: log.line });
}

function describeRelease(detected: Detected, { project, build }: BuildRequest): Release {
  const { rootDir, projectDir, framework, manager } = detected;
  return {
    formatVersion: 1,
    projectId: project.id,
    buildId: build.id,
    framework: framework.name,
    rootDir,
    projectDir,
    packageManager: manager.plugin.name,
    createdAt: new Date().toISOString(),
  };
}

function prepare(options: MakeReleaseOptions): Promise<PreparedSource> {
  const { config, plugins, request, dir, signal, onLateAnswer } = options;
  return prepareSource(request.project, {
    source: request.source,
    targetDir: dir,
    buildDir: config.buildDir,
    managers: plugins.all('package-manager'),
    skipInstall: request.options?.skipInstall ?? false,
    signal,
    onLateAnswer,
  });
}

function detect(prepared: PreparedSource, options: MakeReleaseOptions): Detected {
  const { rootDir, projectDir, leftOut } = prepared;
  const { plugins, log } = options;
  if (leftOut.length > 0)
    log.line(`Left out, since the project does not depend on it: ${leftOut.join(', ')}`);
  const manager = detectPackageManager(projectDir, plugins.all('package-manager'), rootDir);
  log.line(`Detected package manager: ${manager.plugin.name}`);
  const snapshot = snapshotDirectory(projectDir, rootDir);
  const { plugin: framework, reason } = detectFramework(snapshot, plugins.all('framework'));
  log.line(`Detected framework: ${framework.name} (${reason})`);
  return { ...prepared, manager, framework };
}

async function installAndBuild(
  detected: Detected,
  options: MakeReleaseOptions & { mask: SecretMask },
): Promise<void> {
  const { rootDir, projectDir, manager, framework } = detected;
  const { config, plugins, request, log, signal, stages, mask } = options;
  const askPlan = (): BuildPlan =>
    callPlugin(framework, 'build', () => framework.build(snapshotDirectory(projectDir, rootDir)));
  const context = {
    launcher: plugins.one('launcher'),
    id: options.id,
    signal,
    env: buildVariables(config, request, askPlan().env),
    onLine: log.line,
    mask,
  };
  const allowScripts = config.allowInstallScripts;
  await stages.run('install', async () => {
    if (request.options?.skipInstall) log.line('Skipping the install');
    else await installDependencies(manager, { ...context, projectDir, allowScripts });
  });
  await stages.run('build', async () => {
    // Asked again: what runs the build may have come with the install.
    const plan = askPlan();
    const build = { ...context, plan, framework, manager };
    const managers = plugins.all('package-manager');
    const isBuilt = await buildDependencies({ ...build, rootDir, projectDir, managers });
    if (!isBuilt) await runBuildScript({ ...build, cwd: projectDir });
  });
}

function outputMissing(projectDir: string, output: string): ProjectRunnerError {
  return new ProjectRunnerError('OUTPUT_MISSING', `Build output not found at ${projectDir}/${output}`, {
    hint: 'Add a "build" script to package.json that makes it, or commit it',
  });
}
