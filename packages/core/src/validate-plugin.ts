import { adaptPlugin } from './hook-versions.ts';
import type { ProbeRole } from './health-probe-plugin.ts';
import type { Plugin, PluginKind } from './plugin.ts';
import { ProjectRunnerError } from './project-runner-error.ts';

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
  'health-probe': { roles: 'object', path: 'string' },
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

/**
 * Checks the shape of a plugin; one of an older version of its hook is answered as one of the current version, where there is
 * a way. @throws ProjectRunnerError `PLUGIN_INVALID` saying what is missing
 */
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
  if (typeof (value as { then?: unknown }).then === 'function') {
    throw invalid('A plugin must be an object, found a promise', 'Await it: its factory is async');
  }
  const plugin = adaptPlugin(identified(value as Record<string, unknown>)) as Record<string, unknown>;
  checkMembers(plugin);
  return plugin as unknown as Plugin;
}

/** Kind and name are right. */
function identified(plugin: Record<string, unknown>): { kind: PluginKind; name: string } {
  const { kind, name } = plugin;
  if (typeof kind !== 'string' || !Object.hasOwn(requiredMembers, kind)) {
    const kinds = Object.keys(requiredMembers).join(', ');
    throw invalid(`A plugin's kind must be one of ${kinds}; found ${describe(kind)}`);
  }
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9._-]*$/i.test(name)) {
    throw invalid(
      `[${kind}:?] must have a name of letters, digits, ".", "_" and "-"; found ${describe(name)}`,
    );
  }
  return plugin as { kind: PluginKind; name: string };
}

function checkMembers(plugin: Record<string, unknown>): void {
  const kind = plugin.kind as PluginKind;
  const key = `${kind}:${String(plugin.name)}`;
  for (const [member, type] of Object.entries(requiredMembers[kind])) {
    const found = plugin[member];
    if (found === undefined) throw invalid(`[${key}] is missing ${member}`, lostMethod(plugin, type), key);
    expectType(key, member, found, type);
  }
  // Its own message says what the list is of.
  if (kind === 'health-probe' && plugin.roles !== undefined) expectRoles(key, plugin.roles);
  for (const [member, type] of Object.entries(optionalMembers[kind])) {
    if (plugin[member] !== undefined) expectType(key, member, plugin[member], type);
  }
  if (kind === 'health-probe' && plugin.path !== undefined) expectPath(key, String(plugin.path));
  if (kind === 'log-sink' && plugin.maxQueueBytes !== undefined) expectSize(key, plugin.maxQueueBytes);
}

function lostMethod(plugin: object, type: string): string | undefined {
  const isPlain = Object.getPrototypeOf(plugin) === Object.prototype;
  if (type !== 'function' || !isPlain) return undefined;
  return 'Methods of a class get lost when an instance is spread: write it as an object, or hand over the instance';
}

function expectSize(key: string, found: unknown): void {
  if (Number.isInteger(found) && Number(found) > 0) return;
  throw invalid(
    `[${key}] maxQueueBytes must be a whole number above 0, found ${describe(found)}`,
    undefined,
    key,
  );
}

function expectRoles(key: string, found: unknown): void {
  const isList = Array.isArray(found) && found.length > 0;
  const wrong = isList ? found.find((role) => !probeRoles.includes(role as ProbeRole)) : found;
  if (isList && wrong === undefined) return;
  throw invalid(
    `[${key}] roles must be a list of ${probeRoles.join(', ')}; found ${Array.isArray(wrong) ? 'none' : describe(wrong)}`,
    'Leave roles out for a probe of all roles',
    key,
  );
}

function expectPath(key: string, found: string): void {
  if (!found.startsWith('/'))
    throw invalid(`[${key}] path must start with "/", found ${describe(found)}`, undefined, key);
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
