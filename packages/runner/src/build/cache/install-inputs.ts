import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { BuildInputs } from './build-inputs.ts';

export interface InstallInputsOptions {
  /** A copy of the source before anything was installed. */
  treeDir: string;
  /** Hashes of its files. */
  files: ReadonlyMap<string, string>;
  inputs: BuildInputs;
}

/** Files that package managers read besides package.json. */
const settings =
  /^(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|pnpm-workspace\.yaml|bunfig\.toml|\.npmrc|\.yarnrc|\.yarnrc\.yml|\.node-version|\.nvmrc|\.tool-versions|\.?mise\.toml)$/;
/** Of a folder or an archive of the project; whatever names it (an override, a catalog), the lockfile has it. */
const localPackages = /\bfile:|\bportal:|\bexec:|\btype: directory\b/;
/** pnpm 10 and newer runs scripts of dependencies that the project itself allows; those may read any file of it. */
const allowedScripts =
  /\bonlyBuiltDependencies(File)?\b|\bdangerouslyAllowAllBuilds["']?:\s*true\b|\ballowBuilds\b[^]*?:\s*true\b/;
const patches = /(^|\/)(\.yarn|patches)\/|\.(patch|diff)$/;
/** Code that takes part in an install. */
const hooks = /^\.pnpmfile\.[cm]?js$/;
/** Variables that package managers read. */
const managerVariables = /^(npm|pnpm|yarn|bun|node|corepack)_|registry/i;
const installScripts = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
];
/** Fields of a manifest that no install looks at. */
const prose = new Set([
  'description',
  'keywords',
  'homepage',
  'bugs',
  'license',
  'author',
  'contributors',
  'funding',
  'repository',
]);

/**
 * What the dependencies of a project depend on, as one hash: lockfile, manifests, settings, versions. `null` where the
 * same inputs may give something else the next time, or dependencies came with the source. Where code or files of the
 * project take part in the install, all of the source counts.
 */
export async function installFingerprint(options: InstallInputsOptions): Promise<string | null> {
  const { files, inputs, treeDir } = options;
  const paths = [...files.keys()].sort();
  if (inputs.lockfile === null || paths.some((path) => /(^|\/)node_modules\//.test(path))) return null;
  const texts = await Promise.all(
    paths
      .filter((path) => basename(path) === 'package.json')
      .map(async (path) => [path, await readFile(join(treeDir, path), 'utf8')] as const),
  );
  const manifests = texts.map(([path, text]) => [path, parse(text)] as const);
  const isWhole =
    inputs.allowInstallScripts ||
    paths.some((path) => hooks.test(basename(path))) ||
    (await anyMatches(
      treeDir,
      paths.filter((path) => basename(path) === inputs.lockfile),
      localPackages,
    )) ||
    texts.some(([, text]) => allowedScripts.test(text)) ||
    (await anyMatches(
      treeDir,
      paths.filter((path) => basename(path) === 'pnpm-workspace.yaml'),
      allowedScripts,
    )) ||
    manifests.some(([, manifest]) => manifest === null || takesPart(manifest));
  const { variables } = inputs;
  const names = Object.keys(variables).filter((name) => isWhole || managerVariables.test(name));
  const all = {
    format: 1,
    source: isWhole ? inputs.source : null,
    manifests: manifests.map(([path, manifest]) => [path, manifest && relevant(manifest)]),
    settings: paths.filter((path) => isSetting(path, inputs.lockfile)).map((path) => [path, files.get(path)]),
    variables: names.sort().map((name) => [name, variables[name]]),
    manager: [inputs.packageManager, inputs.packageManagerVersion, inputs.lockfile],
    managerOptions: Object.entries(inputs.projectOptions)
      .filter(([name]) => name.startsWith('package-manager:'))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    machine: [inputs.node, inputs.platform],
    projectPath: inputs.projectPath,
    leftOut: inputs.leftOut,
    allowInstallScripts: inputs.allowInstallScripts,
  };
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

async function anyMatches(treeDir: string, paths: readonly string[], pattern: RegExp): Promise<boolean> {
  for (const path of paths) if (pattern.test(await readFile(join(treeDir, path), 'latin1'))) return true;
  return false;
}

/** Package managers of third parties have lockfiles of their own. */
function isSetting(path: string, lockfile: string | null): boolean {
  const name = basename(path);
  return name === lockfile || settings.test(name) || patches.test(path);
}

type Manifest = Readonly<Record<string, unknown>>;

function parse(text: string): Manifest | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null ? (value as Manifest) : null;
  } catch {
    // A fixture, say: what it means to an install nobody knows.
    return null;
  }
}

/** Scripts of its own run, or files of it are copied to where dependencies are. */
function takesPart(manifest: Manifest): boolean {
  const scripts = record(manifest.scripts);
  if (installScripts.some((name) => Object.hasOwn(scripts, name))) return true;
  const fields = ['dependencies', 'devDependencies', 'optionalDependencies', 'resolutions'];
  const specs = fields.flatMap((field) => Object.values(record(manifest[field])));
  const isLocal = specs.some(
    (spec) => typeof spec === 'string' && /^(file|link|portal|patch|exec):|^[./~]/.test(spec),
  );
  return isLocal || JSON.stringify(manifest.dependenciesMeta ?? '').includes('injected');
}

/** A build script may change without another install. */
function relevant(manifest: Manifest): unknown {
  const entries = Object.entries(manifest).filter(([name]) => name !== 'scripts' && !prose.has(name));
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
