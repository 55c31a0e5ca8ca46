import type { ExplainedCommand, ProjectExplanation } from '@project-runner/runner';

const width = 'package manager'.length;

/** What would be found and run of a project, for people. */
export function explanationText(found: ProjectExplanation): string {
  const rows: (readonly [name: string, ...lines: string[]])[] = [
    ['framework', `${found.framework.name}: ${found.framework.reason}`],
    ['package manager', ...manager(found.packageManager)],
    ...workspace(found),
    ['install', ...install(found.install)],
    ['build', ...build(found.build)],
    ['start', ...start(found)],
    ['variables', ...variables(found.variables)],
    ['health', ...health(found.health)],
    ['ports', ports(found.ports)],
    ['stop', `SIGTERM, and SIGKILL after ${found.stop.graceMs / 1000} s`],
    ...options(found),
    ['cache', ...cache(found)],
    ...(found.problem ? [['problem', found.problem.message, ...hint(found.problem)] as const] : []),
  ];
  const lines = rows.flatMap(([name, ...texts]) =>
    texts.map((text, index) => `  ${(index === 0 ? name : '').padEnd(width)}  ${text}`),
  );
  return [`${found.name}, ${found.dir}`, ...lines].join('\n');
}

function manager({
  name,
  reason,
  declaredIn,
  wanted,
  found,
  foundReason,
}: ProjectExplanation['packageManager']): string[] {
  const asked = wanted === null ? '' : ` ${wanted}`;
  const other = found === null || found === wanted ? '' : `, found ${found}`;
  const why = `${name}${asked}${other}: ${reason}${declaredIn === null ? '' : ` (${declaredIn})`}`;
  return foundReason === null ? [why] : [why, `it is ${foundReason}`];
}

function hint({ hint: advice }: NonNullable<ProjectExplanation['problem']>): string[] {
  return advice === null ? [] : [`hint: ${advice}`];
}

function workspace({ workspaceRoot, leftOut }: ProjectExplanation): (readonly [string, ...string[]])[] {
  if (workspaceRoot === null) return [];
  const without = leftOut.length === 0 ? [] : [`without ${leftOut.join(', ')}`];
  return [['workspace', workspaceRoot, ...without]];
}

function command({ file, args }: Pick<ExplainedCommand, 'file' | 'args'>): string {
  return [file, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ');
}

function install(found: ProjectExplanation['install']): string[] {
  if (found === null) return ['skipped: node_modules of the project are used as they are'];
  const { frozen, installScripts, cwd } = found;
  const exactly = frozen
    ? 'exactly as the lockfile says'
    : 'without a lockfile: versions may differ next time';
  const scripts = installScripts ? 'with' : 'without';
  return [command(found), `${exactly}, ${scripts} install scripts, in a copy of ${cwd}`];
}

function build({ command: run, output, outputReason }: ProjectExplanation['build']): string[] {
  const later = outputReason === null ? [] : ['what it makes is known afterwards'];
  if (run === null) {
    const nothing = 'nothing: there is no build script';
    return output === null ? [nothing, ...later] : [nothing, `${output} has to be there`];
  }
  return [command(run), ...(output === null ? later : [`makes ${output}`])];
}

function start({ start: plan, startReason }: ProjectExplanation): string[] {
  if (plan === null) return [`known after the build: ${startReason ?? 'its framework cannot tell before'}`];
  const where = plan.workingFolder === 'data' ? plan.cwd : 'the release';
  return [command(plan), `in ${where}${plan.wrapped ? '; that starts the server in turn' : ''}`];
}

function variables({ build: building, server, address, secret }: ProjectExplanation['variables']): string[] {
  const masked = secret.length === 0 ? [] : [`masked in logs: ${secret.join(', ')}`];
  return [
    `for the build: ${building.join(', ')}`,
    `for the server: ${server.join(', ')}`,
    `for its address: ${address.join(', ')}`,
    ...masked,
  ];
}

const why = {
  configuration: 'as configured',
  framework: 'as its framework says',
  guess: 'a guess: a server without it is well, too',
  probe: 'as the probe is configured',
  project: 'as package.json says',
} as const;

/** One line, where all probes are alike. */
function health({ probes, path, from }: ProjectExplanation['health']): string[] {
  if (probes.length === 0) return ['nothing is asked: there is no probe'];
  const isPlain = probes.every((probe) => probe.from === from && probe.roles.length === allRoles);
  if (isPlain) return [`${path}, ${why[from]}, by ${probes.map(({ key }) => key).join(', ')}`];
  return probes.map((probe) => {
    const roles = probe.roles.length === allRoles ? '' : `, for ${probe.roles.join(', ')}`;
    return `${probe.path}, ${why[probe.from]}, by ${probe.key}${roles}`;
  });
}

const allRoles = 3;

function ports({ strategy, start: first, end, mayShareSocket }: ProjectExplanation['ports']): string {
  const range = first === null ? '' : `, ${first} to ${end}`;
  return `${strategy}${range}${mayShareSocket ? '; it may give the server the socket of its port' : ''}`;
}

function options({
  projectOptions,
  projectOptionsReason,
}: ProjectExplanation): (readonly [string, ...string[]])[] {
  if (projectOptionsReason !== null) return [['options', projectOptionsReason]];
  return projectOptions.length === 0 ? [] : [['options', `of ${projectOptions.join(', ')}, by package.json`]];
}

function cache({ cache: found, cacheReason }: ProjectExplanation): string[] {
  if (found === null) return [cacheReason ?? 'off'];
  const key = found.fingerprint.slice(0, 12);
  if (found.built) return [`${key}: built before, nothing would be run`];
  if (found.changes.length === 0) return [`${key}: not built before`];
  return [`${key}: would be built, because`, ...found.changes.map((change) => `- ${change}`)];
}
