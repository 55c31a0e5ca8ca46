import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

import { callPlugin, pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { DirectorySnapshot, FrameworkPlugin } from '@project-runner/core';

import { checkCopies } from './check-copies.ts';
import { targetInside } from './escaping-links.ts';

export interface CopyOutputOptions {
  /** The project after its build. */
  project: DirectorySnapshot;
  /** The workspace that it is a member of, else the project. Nothing outside of it is read or written. */
  rootDir: string;
  signal: AbortSignal;
  onLine(line: string): void;
}

interface CopyContext {
  /** A real path. */
  root: string;
  signal: AbortSignal;
}

/**
 * Puts what a build left behind where the server looks for it, as the framework says.
 * @throws ProjectRunnerError `PLUGIN_INVALID`, `OUTPUT_MISSING`, `SYMLINK_ESCAPES`; the signal's reason when it aborts
 */
export async function copyOutput(framework: FrameworkPlugin, options: CopyOutputOptions): Promise<void> {
  const { project, signal, onLine } = options;
  const answer = callPlugin(framework, 'copies', () => framework.copies?.(project)) ?? [];
  const copies = checkCopies(framework, answer);
  const context = { root: await realpath(options.rootDir), signal };
  for (const { from, to } of copies) {
    if (!project.has(from)) throw nothingToCopy(framework, join(project.dir, from));
    onLine(`Copying ${from} to ${to}`);
    const source = await realpath(join(project.dir, from));
    const target = await realTarget(join(project.dir, to), context);
    refuseOverlap(framework, source, target);
    await copyInto(source, target, context);
  }
}

/** What is in the way is replaced and never written through: a build links its files, to a store or elsewhere. */
async function copyInto(from: string, to: string, context: CopyContext): Promise<void> {
  context.signal.throwIfAborted();
  const stats = await lstat(from);
  if (stats.isDirectory()) {
    if (!(await isFolder(to))) await rm(to, { force: true });
    await mkdir(to, { recursive: true });
    for (const name of await readdir(from)) await copyInto(join(from, name), join(to, name), context);
    return;
  }
  await rm(to, { recursive: true, force: true });
  if (stats.isSymbolicLink())
    await symlink(relative(dirname(to), await targetInside(from, context.root)), to);
  else if (stats.isFile()) await copyFile(from, to, constants.COPYFILE_FICLONE);
}

/** Where a path really is, its folder made. @throws ProjectRunnerError `SYMLINK_ESCAPES` before anything is made */
async function realTarget(path: string, { root }: CopyContext): Promise<string> {
  const folder = dirname(path);
  const real = await realpathOfExisting(folder);
  if (!holds(root, real)) {
    throw new ProjectRunnerError(
      'SYMLINK_ESCAPES',
      `The build made ${folder} lead to ${real}, which is outside of the project ${root}`,
      { hint: 'Let the build script make a folder there instead of a symlink' },
    );
  }
  await mkdir(folder, { recursive: true });
  return join(await realpath(folder), basename(path));
}

async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) throw error;
    return realpathOfExisting(dirname(path));
  }
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return stats?.isDirectory() ?? false;
}

function holds(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

function refuseOverlap(framework: FrameworkPlugin, source: string, target: string): void {
  if (!holds(source, target) && !holds(target, source)) return;
  const key = pluginKey(framework);
  throw new ProjectRunnerError(
    'PLUGIN_INVALID',
    `[${key}] copies must not name a folder and one inside of it: found ${source} and ${target}`,
    { plugin: key },
  );
}

function nothingToCopy(framework: FrameworkPlugin, path: string): ProjectRunnerError {
  return new ProjectRunnerError(
    'OUTPUT_MISSING',
    `Build output not found at ${path}, which a ${framework.name} server needs`,
    { plugin: pluginKey(framework), hint: 'Let the build script make it' },
  );
}
