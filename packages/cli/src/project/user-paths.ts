import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * Puts the user's own path in the place of that of the copy a build is made in, 150 characters that nobody knows.
 * `copyDir` holds a copy of the project, or of the workspace it is a member of.
 */
export function createUserPaths(copyDir: string, projectDir: string): (text: string) => string {
  const copies = [...new Set([copyDir, realPath(copyDir)])].map(escape).join('|');
  // Not the log and the manifest of the build, which lie beside its folder.
  const pattern = new RegExp(
    `(?:${copies})(?![\\w-]|\\.(?:log|release\\.json))([\\\\/][^\\s'"\`,:;()]*)?`,
    'g',
  );
  return (text) => text.replace(pattern, (_, rest: string = '') => rootFor(projectDir, rest) + rest);
}

/** A path in the copy of a workspace begins with the way from the workspace to the project. */
function rootFor(projectDir: string, rest: string): string {
  const parts = projectDir.split(sep);
  for (let depth = 1; depth < parts.length; depth += 1) {
    const way = sep + parts.slice(-depth).join(sep);
    const root = parts.slice(0, -depth).join(sep);
    if ((rest === way || rest.startsWith(way + sep)) && isWorkspace(root)) return root;
  }
  return projectDir;
}

function isWorkspace(dir: string): boolean {
  if (existsSync(join(dir, 'pnpm-workspace.yaml'))) return true;
  try {
    return readFileSync(join(dir, 'package.json'), 'utf8').includes('"workspaces"');
  } catch {
    return false;
  }
}

/** Of a folder that may be gone: the one it was in tells what the system calls it. */
function realPath(path: string): string {
  const parent = join(path, '..');
  try {
    return join(realpathSync(parent), path.slice(parent.length));
  } catch {
    return path;
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
