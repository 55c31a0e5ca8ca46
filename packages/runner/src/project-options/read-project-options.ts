import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { DirectorySnapshot, PluginKey } from '@project-runner/core';

import { showJson } from '../show-json.ts';
import type { AllowedOptions } from './allow-options.ts';
import { plainJsonProblem } from './plain-json.ts';

/** By plugin, what a project has set: checked, plain JSON. */
export type ProjectOptions = Readonly<Record<PluginKey, Readonly<Record<string, unknown>>>>;

export const projectOptionsField = 'project-runner';

/**
 * What the package.json of a project says in its field `project-runner`, as far as the host lets it.
 * @throws ProjectRunnerError `MANIFEST_INVALID` with the file, the key and what is allowed, for anything else
 */
export function readProjectOptions(
  project: DirectorySnapshot,
  allowed: readonly AllowedOptions[],
): ProjectOptions {
  const field = readField(project);
  // A host that lets projects set nothing never said that the field means something.
  if (field === undefined || allowed.length === 0) return {};
  return checkProjectOptions(field, allowed, join(project.dir, 'package.json'));
}

/** Whether there is such a field. */
export function hasProjectOptions(project: DirectorySnapshot): boolean {
  return readField(project) !== undefined;
}

/** @throws as `readProjectOptions`; `source` is where it was found */
export function checkProjectOptions(
  field: unknown,
  allowed: readonly AllowedOptions[],
  source: string,
): ProjectOptions {
  const name = `"${projectOptionsField}"`;
  const wrong = plainJsonProblem(field, name);
  if (wrong) throw refused(source, wrong.at, wrong.problem);
  const options = Object.entries(objectAt(field, source, name)).map(([key, own]) => {
    const at = `${name}.${showJson(key)}`;
    const found = allowed.find((each) => each.key === key);
    if (!found)
      throw refused(
        source,
        at,
        `is not for projects to set here; ${choices(allowed.map((each) => each.key))}`,
      );
    return [key, checkOptions(objectAt(own, source, at), found, source, at)] as const;
  });
  return Object.fromEntries(options);
}

function checkOptions(
  own: Readonly<Record<string, unknown>>,
  { rules }: AllowedOptions,
  source: string,
  at: string,
): Record<string, unknown> {
  const names = Object.keys(rules);
  for (const [name, value] of Object.entries(own)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule)
      throw refused(source, `${at}.${showJson(name)}`, `is not for projects to set here; ${choices(names)}`);
    if (rule.accepts(value)) continue;
    throw refused(source, `${at}.${showJson(name)}`, `must be ${rule.expected}; found ${showJson(value)}`);
  }
  return { ...own };
}

function readField(project: DirectorySnapshot): unknown {
  const text = project.read('package.json');
  // Nearly all have none, and were parsed once already.
  if (!text?.includes(projectOptionsField)) return undefined;
  const manifest = JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>;
  return Object.hasOwn(manifest, projectOptionsField) ? manifest[projectOptionsField] : undefined;
}

function objectAt(value: unknown, source: string, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refused(source, at, `must be an object; found ${showJson(value)}`);
}

function choices(names: readonly string[]): string {
  return names.length === 0 ? 'nothing is' : `these are: ${names.join(', ')}`;
}

function refused(source: string, at: string, problem: string): ProjectRunnerError {
  return new ProjectRunnerError('MANIFEST_INVALID', `${source}: ${at} ${problem}`, {
    hint: 'Mend package.json, or ask who runs this host to allow the option',
  });
}
