import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { DeclaredPackageManager, PackageManifest } from '@project-runner/core';

import { readRegularFile } from './read-regular-file.ts';

/** The largest ones in the wild have some hundred KB. */
export const maxManifestBytes: number = 8 * 2 ** 20;

/**
 * Reads `package.json` of a folder, `undefined` where there is none. Fields of a wrong type are treated as absent: the
 * file is a stranger's input.
 * @throws ProjectRunnerError `MANIFEST_INVALID` with file, line and column
 */
export function readManifest(dir: string): PackageManifest | undefined {
  const raw = readRawManifest(dir);
  return raw && normalize(raw);
}

/** The same, as it is written. @throws as `readManifest` */
export function readRawManifest(dir: string): Record<string, unknown> | undefined {
  const file = join(dir, 'package.json');
  let text: string;
  try {
    text = readRegularFile(file, maxManifestBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ProjectRunnerError('MANIFEST_INVALID', `${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return parseObject(text, file);
}

export function parseManifest(text: string, file: string): PackageManifest {
  return normalize(parseObject(text, file));
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    // npm and Node accept a byte order mark here, so must we.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const { line, column } = position(text, error as SyntaxError);
    throw new ProjectRunnerError(
      'MANIFEST_INVALID',
      `${file}:${line}:${column} is not valid JSON: ${printable((error as Error).message)}`,
      { cause: error, hint: 'Mend the file at that place' },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProjectRunnerError('MANIFEST_INVALID', `${file}:1:1 must hold a JSON object`);
  }
  return value as Record<string, unknown>;
}

function normalize(raw: Record<string, unknown>): PackageManifest {
  const own = (key: string): unknown => (Object.hasOwn(raw, key) ? raw[key] : undefined);
  const manifest: { -readonly [K in keyof PackageManifest]: PackageManifest[K] } = {
    scripts: strings(own('scripts')),
    dependencies: strings(own('dependencies')),
    devDependencies: strings(own('devDependencies')),
  };
  for (const key of ['name', 'version', 'type', 'main'] as const) {
    const value = own(key);
    if (typeof value === 'string') manifest[key] = value;
  }
  for (const key of ['optionalDependencies', 'peerDependencies'] as const) {
    const value = strings(own(key));
    if (Object.keys(value).length > 0) manifest[key] = value;
  }
  const bin = own('bin');
  if (typeof bin === 'string') manifest.bin = bin;
  else if (typeof bin === 'object' && bin !== null) manifest.bin = strings(bin);
  const workspaces = own('workspaces');
  const patterns = Array.isArray(workspaces)
    ? workspaces
    : (workspaces as { packages?: unknown } | null | undefined)?.packages;
  if (Array.isArray(patterns)) manifest.workspaces = patterns.filter((item) => typeof item === 'string');
  const declared = declaredManager(raw);
  if (declared) manifest.declaredPackageManager = declared;
  return manifest;
}

function declaredManager(raw: Record<string, unknown>): DeclaredPackageManager | undefined {
  if (typeof raw.packageManager === 'string') {
    // Corepack's form: name@version, with an optional +hash.
    const match = /^([^@\s]+)(?:@([^+\s]+))?/.exec(raw.packageManager);
    if (match?.[1]) return declaration('packageManager', match[1], match[2]);
  }
  const engines = raw.devEngines as { packageManager?: unknown } | null | undefined;
  const field = typeof engines === 'object' ? engines?.packageManager : undefined;
  const first = (Array.isArray(field) ? field[0] : field) as
    | { name?: unknown; version?: unknown }
    | undefined;
  if (typeof first?.name !== 'string') return undefined;
  const version = typeof first.version === 'string' ? first.version : undefined;
  return declaration('devEngines.packageManager', first.name, version);
}

function declaration(
  field: DeclaredPackageManager['field'],
  name: string,
  version: string | undefined,
): DeclaredPackageManager {
  return version ? { name, version, field } : { name, field };
}

function strings(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/** V8 quotes the text around the place, whatever is in it. */
function printable(message: string): string {
  return message.replace(/[^\P{Cc}\t\n]/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** V8 tells a position for most errors; an end that comes too early it does not. */
function position(text: string, error: SyntaxError): { line: number; column: number } {
  const told = /position (\d+)/.exec(error.message)?.[1];
  const before = text.slice(0, told === undefined ? text.length : Number(told));
  const lines = before.split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}
