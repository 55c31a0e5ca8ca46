import type { ProbeRole } from './health-probe-plugin.ts';
import type { Plugin, PluginKind } from './plugin.ts';
import { ProjectRunnerError } from './project-runner-error.ts';

const supportedApiVersion = 1;

/** What each kind must have. */
const requiredMembers = {
  'package-manager': { detect: 'function', install: 'function', run: 'function' },
  'health-probe': { check: 'function' },
  'log-sink': { open: 'function' },
  'port-strategy': { acquire: 'function' },
  framework: {
    detect: 'function',
    build: 'function',
    output: 'function',
    start: 'function',
    env: 'function',
    drainSeconds: 'number',
  },
  launcher: { launch: 'function' },
} as const satisfies Record<PluginKind, Record<string, 'function' | 'number'>>;

/** What each kind may have; `undefined` is as good as absent. */
const optionalMembers: Readonly<
  Record<PluginKind, Readonly<Record<string, 'function' | 'string' | 'boolean' | 'number' | 'object'>>>
> = {
  'package-manager': {
    version: 'function',
    workspacePatterns: 'function',
    toleratesMissingMembers: 'function',
    explainFailure: 'function',
    skippedScripts: 'function',
  },
  'health-probe': { roles: 'object' },
  'log-sink': { read: 'function', maxQueueBytes: 'number' },
  'port-strategy': { stats: 'function' },
  framework: { copies: 'function', healthPath: 'string', readyMessage: 'function' },
  launcher: { adopt: 'function', inherits: 'boolean' },
};

const probeRoles: readonly ProbeRole[] = ['startup', 'readiness', 'liveness'];

/** All that a plugin of a kind may have beside what identifies it. */
export function memberNames(kind: PluginKind): string[] {
  return [...Object.keys(requiredMembers[kind]), ...Object.keys(optionalMembers[kind])];
}

/** Checks the shape of a plugin. @throws ProjectRunnerError `PLUGIN_INVALID` saying what is missing */
export function validatePlugin(value: unknown): Plugin {
  if (typeof value === 'function') {
    throw invalid(
      `A plugin must be an object, found the function ${value.name || '(anonymous)'}`,
      `Call the factory: ${value.name || 'plugin'}()`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`A plugin must be an object, found ${describe(value)}`);
  }
  const plugin = value as Record<string, unknown>;
  const kinds = Object.keys(requiredMembers);
  if (typeof plugin.kind !== 'string' || !Object.hasOwn(requiredMembers, plugin.kind)) {
    throw invalid(`A plugin's kind must be one of ${kinds.join(', ')}; found ${describe(plugin.kind)}`);
  }
  const kind = plugin.kind as PluginKind;
  if (typeof plugin.name !== 'string' || !/^[a-z0-9][a-z0-9._-]*$/i.test(plugin.name)) {
    throw invalid(
      `[${kind}:?] must have a name of letters, digits, ".", "_" and "-"; found ${describe(plugin.name)}`,
    );
  }
  const key = `${kind}:${plugin.name}`;
  if (plugin.apiVersion !== supportedApiVersion) {
    throw invalid(
      `[${key}] has apiVersion ${describe(plugin.apiVersion)}, this core supports ${supportedApiVersion}`,
      undefined,
      key,
    );
  }
  for (const [member, type] of Object.entries(requiredMembers[kind])) {
    const found = plugin[member];
    if (found === undefined) throw invalid(`[${key}] is missing ${member}`, undefined, key);
    expectType(key, member, found, type);
  }
  for (const [member, type] of Object.entries(optionalMembers[kind])) {
    if (plugin[member] !== undefined) expectType(key, member, plugin[member], type);
  }
  if (plugin.roles !== undefined && kind === 'health-probe') expectRoles(key, plugin.roles);
  const { maxQueueBytes } = plugin;
  if (
    maxQueueBytes !== undefined &&
    kind === 'log-sink' &&
    !(Number.isInteger(maxQueueBytes) && (maxQueueBytes as number) > 0)
  ) {
    throw invalid(
      `[${key}] maxQueueBytes must be a whole number above 0, found ${describe(maxQueueBytes)}`,
      undefined,
      key,
    );
  }
  return value as Plugin;
}

function expectRoles(key: string, found: unknown): void {
  const isList = Array.isArray(found) && found.length > 0;
  const wrong = isList ? found.find((role) => !probeRoles.includes(role as ProbeRole)) : found;
  if (isList && wrong === undefined) return;
  throw invalid(
    `[${key}] roles must be a list of ${probeRoles.join(', ')}; found ${isList ? describe(wrong) : 'none'}`,
    'Leave roles out for a probe of all roles',
    key,
  );
}

function expectType(key: string, member: string, found: unknown, type: string): void {
  if (typeof found === type) return;
  throw invalid(`[${key}] ${member} must be a ${type}, found ${describe(found)}`, undefined, key);
}

function invalid(message: string, hint?: string, plugin?: string): ProjectRunnerError {
  return new ProjectRunnerError('PLUGIN_INVALID', message, {
    ...(hint ? { hint } : {}),
    ...(plugin ? { plugin } : {}),
  });
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
