import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { CreateError } from './create-error.ts';
import { pluginKinds } from './plugin-kinds.ts';
import { pluginManifest } from './plugin-manifest.ts';
import { nameProblem, namesOf, shortName } from './plugin-name.ts';
import { licenses } from './plugin-request.ts';
import type { PluginRequest } from './plugin-request.ts';
import { readTemplates } from './read-templates.ts';
import { renderTemplate } from './render-template.ts';

export interface CreatedPlugin {
  /** Absolute. */
  dir: string;
  packageName: string;
  /** Relative to `dir`, in alphabetical order. */
  files: readonly string[];
}

/**
 * Writes a package with a plugin that builds, passes its suite and packs.
 * @throws CreateError for a request that makes no sense, and where the folder has files in it; nothing is written then
 */
export function createPlugin(request: PluginRequest): CreatedPlugin {
  const { kind, license = 'MIT', author = 'The authors' } = checked(request);
  const names = namesOf(kind, shortName(kind, request.name));
  const { packageName } = names;
  const fields = {
    packageName,
    description: request.description ?? pluginKinds[kind].describe(names.name),
    author,
    license,
    year: String(new Date().getFullYear()),
  };
  const files = new Map([['package.json', pluginManifest(kind, fields)]]);
  for (const [path, text] of readTemplates(kind, license))
    files.set(
      path.replace(/\bsample-/, `${names.name}-`),
      path === 'LICENSE' && license !== 'MIT' ? text : renderTemplate(text, names, fields),
    );
  const dir = resolve(request.dir ?? packageName);
  writeAll(dir, files);
  return { dir, packageName, files: [...files.keys()].toSorted() };
}

function checked(request: PluginRequest): PluginRequest {
  const { kind, name, license, description, author } = request;
  if (!Object.hasOwn(pluginKinds, kind))
    throw new CreateError(
      `The kind must be one of ${Object.keys(pluginKinds).join(', ')}; found ${JSON.stringify(kind)}`,
    );
  const problem = nameProblem(shortName(kind, name));
  if (problem !== undefined) throw new CreateError(problem);
  if (license !== undefined && !licenses.includes(license))
    throw new CreateError(
      `The licence must be one of ${licenses.join(', ')}; found ${JSON.stringify(license)}`,
    );
  for (const [key, text] of Object.entries({ description, author }))
    if (text !== undefined && /\p{Cc}/u.test(text))
      throw new CreateError(`The ${key} must be one line of text; found ${JSON.stringify(text)}`);
  return request;
}

/** All of them, or none: a folder that is half a plugin looks like a whole one. */
function writeAll(dir: string, files: ReadonlyMap<string, string>): void {
  const made = makeEmpty(dir);
  try {
    for (const [path, text] of files) {
      const file = join(dir, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: 'wx' });
    }
  } catch (cause) {
    const ours =
      made === undefined ? [...files.keys()].map((path) => join(dir, path.split('/')[0] ?? path)) : [made];
    for (const path of ours) rmSync(path, { recursive: true, force: true });
    throw notWritten(dir, cause);
  }
}

/** The topmost folder that was made for it, `undefined` where it was there. */
function makeEmpty(dir: string): string | undefined {
  let made: string | undefined;
  try {
    made = mkdirSync(dir, { recursive: true });
  } catch (cause) {
    throw notWritten(dir, cause);
  }
  if (readdirSync(dir).some((name) => name !== '.git'))
    throw new CreateError(`The folder ${dir} is not empty. Give another one, or empty it`);
  return made;
}

function notWritten(dir: string, cause: unknown): CreateError {
  return new CreateError(`The plugin could not be written to ${dir}: ${(cause as Error).message}`, { cause });
}
