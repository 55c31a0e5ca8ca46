import { join } from 'node:path';

import { callPlugin, pluginKey } from '@project-runner/core';
import type {
  FrameworkPlugin,
  HealthProbePlugin,
  PluginKey,
  ProbeRole,
  StartPlan,
} from '@project-runner/core';
import { markerVariable } from '@project-runner/launcher-local';

import { buildSecrets } from '../build/build-variables.ts';
import { describeComposition } from '../diagnose/explain-composition.ts';
import { hasProjectOptions, projectOptionsField } from '../project-options/read-project-options.ts';
import { canInherit } from '../server/held-start.ts';
import { serverVariables } from '../server/server-variables.ts';
import { stopGrace } from '../server/stop-grace.ts';
import { buildEnv, describeCommand, seen } from './explain-build.ts';
import type { ExplainedProject } from './explained-project.ts';
import type { ExplainedProbe, ProjectExplanation, ToldPath } from './project-explanation.ts';

type ServerExplanation = Pick<
  ProjectExplanation,
  | 'start'
  | 'startReason'
  | 'variables'
  | 'health'
  | 'ports'
  | 'stop'
  | 'projectOptions'
  | 'projectOptionsReason'
>;

/** How the built project is started and looked after. @throws ProjectRunnerError `ENV_FILE_INVALID` */
export async function explainServer(project: ExplainedProject): Promise<ServerExplanation> {
  const { config, framework } = project;
  const { plan, reason } = startPlan(project);
  return {
    start: plan && describeStart(plan, project),
    startReason: reason,
    variables: await variableNames(project, plan),
    health: health(project),
    ports: ports(project, plan),
    stop: { drainSeconds: framework.drainSeconds, graceMs: stopGrace(config, framework.drainSeconds) },
    projectOptions: Object.keys(project.projectOptions).toSorted(),
    projectOptionsReason: whyIgnored(project),
  };
}

interface FoundStart {
  plan: StartPlan | null;
  reason: string | null;
}

/** Frameworks may need what the build leaves behind to know. */
function startPlan(project: ExplainedProject): FoundStart {
  const { framework } = project;
  try {
    const plan = callPlugin(framework, 'start', () => framework.start(seen(project)));
    return { plan, reason: null };
  } catch (error) {
    return { plan: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

function describeStart(
  { command, cwd, wrapped = false }: StartPlan,
  { source, config, records }: ExplainedProject,
): NonNullable<ProjectExplanation['start']> {
  const dir = cwd === 'data' ? join(config.dataDir, records.deployment.id) : source.projectDir;
  return { ...describeCommand(command, dir), workingFolder: cwd, wrapped };
}

async function variableNames(
  project: ExplainedProject,
  plan: StartPlan | null,
): Promise<ProjectExplanation['variables']> {
  const { config, framework, options, records, source } = project;
  const build = buildEnv(project);
  const server = await serverVariables({
    config,
    ...records,
    options,
    limits: config.limits,
    ofCommand: plan?.command.env,
    projectDir: source.projectDir,
    dataDir: config.dataDir,
  });
  return {
    build: names(build),
    // The launcher finds the processes of the server by it.
    server: names({ ...server, [markerVariable]: '' }),
    address: names(addressOf(framework)),
    secret: [...buildSecrets(build, { project: records.project, options }).keys()].toSorted(),
  };
}

function addressOf(framework: FrameworkPlugin): Readonly<Record<string, string>> {
  return callPlugin(framework, 'env', () => framework.env({ host: '127.0.0.1', port: 1 }));
}

function names(variables: Readonly<Record<string, string>>): string[] {
  return Object.keys(variables).toSorted();
}

const allRoles: readonly ProbeRole[] = ['startup', 'readiness', 'liveness'];

function health(project: ExplainedProject): ProjectExplanation['health'] {
  const told = toldPath(project);
  const probes = project.plugins.all('health-probe').map((probe): ExplainedProbe => {
    const roles = [...(probe.roles ?? allRoles)];
    return { key: pluginKey(probe), roles, ...(ownPath(probe, project) ?? told) };
  });
  return { ...told, probes };
}

function toldPath({ config, framework }: ExplainedProject): ToldPath {
  const { endpoint, endpointGiven } = config.healthCheck;
  if (endpointGiven) return { path: endpoint, from: 'configuration' };
  return framework.healthPath === undefined
    ? { path: endpoint, from: 'guess' }
    : { path: framework.healthPath, from: 'framework' };
}

function ownPath(
  { name, path }: HealthProbePlugin,
  { hostPlugins }: ExplainedProject,
): Pick<ExplainedProbe, 'path' | 'from'> | null {
  if (path === undefined) return null;
  const isHosts = hostPlugins.get(`health-probe:${name}`).path === path;
  return { path, from: isHosts ? 'probe' : 'project' };
}

function whyIgnored(project: ExplainedProject): string | null {
  if (project.config.projectOptions.length > 0 || !hasProjectOptions(seen(project))) return null;
  return `the field "${projectOptionsField}" of package.json is ignored: the configuration lets projects set nothing (projectOptions)`;
}

function ports(
  { config, plugins, hostPlugins, written }: ExplainedProject,
  plan: StartPlan | null,
): ProjectExplanation['ports'] {
  const strategy: PluginKey = pluginKey(plugins.one('port-strategy'));
  const composed = describeComposition(written, hostPlugins).plugins;
  const isPreset = composed.find(({ key }) => key === strategy)?.from === 'preset';
  const takesSocket = plan?.command.file === 'node' && plan.wrapped !== true;
  return {
    strategy,
    start: isPreset ? config.portRange.start : null,
    end: isPreset ? config.portRange.end : null,
    mayShareSocket: !isPreset && canInherit(plugins, { takesSocket }),
  };
}
