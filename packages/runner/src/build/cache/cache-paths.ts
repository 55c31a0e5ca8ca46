import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where things are in `{buildDir}/.cache`. Ids were checked to be file names before they come here. */
export interface CachePaths {
  root: string;
  /** With it values of variables are hashed, so that nobody can guess them from what is kept. */
  key: string;
  leases: string;
  /** What is being made or removed. All of it may go at any time, once its maker is gone. */
  drafts: string;
  /** Versions of programs by what their files look like. */
  tools: string;
  builds(projectId: string): string;
  installs(projectId: string): string;
  /** Folders of a project that somebody reads or runs. */
  uses(projectId: string): string;
  /** What was deployed, one file a deployment. */
  deployments(projectId: string): string;
  /** Since when deployments are not used, a stamp each. */
  unused(projectId: string): string;
  sources: string;
  /** Hashes of the files of one source, with what is left out of it. */
  sourceMemory(source: string): string;
}

export function cachePaths(buildDir: string): CachePaths {
  const root = join(buildDir, '.cache');
  return {
    root,
    key: join(root, 'key'),
    leases: join(root, 'leases'),
    drafts: join(root, 'drafts'),
    tools: join(root, 'tools'),
    builds: (projectId) => join(root, 'builds', projectId),
    installs: (projectId) => join(root, 'installs', projectId),
    uses: (projectId) => join(root, 'uses', projectId),
    deployments: (projectId) => join(root, 'deployments', projectId),
    unused: (projectId) => join(root, 'unused', projectId),
    sources: join(root, 'sources'),
    sourceMemory: (source) => join(root, 'sources', shortHash(source)),
  };
}

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
