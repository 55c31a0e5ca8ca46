import { callPlugin, pluginKey } from '@project-runner/core';
import type { FrameworkPlugin, PluginKey, StartPlan } from '@project-runner/core';

import { buildSecrets } from '../build/build-variables.ts';
import { explainComposition } from '../diagnose/explain-composition.ts';
import { baseEnvironment } from '../environment/base-environment.ts';
import { readEnvFiles } from '../environment/read-env-files.ts';
import { readProjectOptions } from '../project-options/read-project-options.ts';
import { canInherit } from '../server/held-start.ts';
import { stopGrace } from '../server/stop-grace.ts';
import { buildEnv, describeCommand, seen } from './explain-build.ts';
import type { ExplainedProject } from './explained-project.ts';
import type { ProjectExplanation } from './project-explanation.ts';

type ServerExplanation = Pick<
  ProjectExplanation,
  'start' | 'startReason' | 'variables' | 'health' | 'ports' | 'stop' | 'projectOptions'
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
    projectOptions: Object.keys(readProjectOptions(seen(project), config.projectOptions)).toSorted(),
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
  const dir = cwd === 'data' ? `${config.dataDir}/${records.deployment.id}` : source.projectDir;
  return { ...describeCommand(command, dir), workingFolder: cwd, wrapped };
}

async function variableNames(
  project: ExplainedProject,
  plan: StartPlan | null,
): Promise<ProjectExplanation['variables']> {
  const { config, framework, options, records, source } = project;
  const build = buildEnv(project);
  const server = {
    ...baseEnvironment(),
    NODE_ENV: 'production',
    PROJECT_RUNNER_DATA_DIR: '',
    ...plan?.command.env,
    ...(config.envFiles ? await readEnvFiles(source.projectDir) : {}),
    ...config.globalEnvVars,
    ...options.envVars,
    ...options.secrets,
  };
  return {
    build: names(build),
    server: names(server),
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

function health({ config, framework, plugins }: ExplainedProject): ProjectExplanation['health'] {
  const probes = plugins.all('health-probe').map((probe) => pluginKey(probe));
  const { endpoint, endpointGiven } = config.healthCheck;
  if (endpointGiven) return { probes, path: endpoint, from: 'configuration' };
  return framework.healthPath === undefined
    ? { probes, path: endpoint, from: 'guess' }
    : { probes, path: framework.healthPath, from: 'framework' };
}

function ports(
  { config, plugins, written }: ExplainedProject,
  plan: StartPlan | null,
): ProjectExplanation['ports'] {
  const strategy: PluginKey = pluginKey(plugins.one('port-strategy'));
  const isPreset = explainComposition(written).plugins.find(({ key }) => key === strategy)?.from === 'preset';
  const takesSocket = plan?.command.file === 'node' && plan.wrapped !== true;
  return {
    strategy,
    start: isPreset ? config.portRange.start : null,
    end: isPreset ? config.portRange.end : null,
    mayShareSocket: canInherit(plugins, { takesSocket }),
  };
}
