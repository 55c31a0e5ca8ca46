import type { TreeEntry } from './walk-tree.ts';

/** An entry as it is kept in a file. */
export type KeptEntry = [path: string, kind: TreeEntry['kind'], stamp: string];

export interface TreeDifference {
  /** Changed, gone, or of another kind. */
  damaged: string[];
  added: string[];
}

export function keepEntry({ path, kind, stamp }: TreeEntry): KeptEntry {
  return [path, kind, stamp];
}

/** What happened to a tree since it was written down. */
export function compareTrees(kept: readonly KeptEntry[], now: readonly TreeEntry[]): TreeDifference {
  const left = new Map(now.map((entry) => [entry.path, entry]));
  const damaged = kept.filter(([path, kind, stamp]) => {
    const entry = left.get(path);
    left.delete(path);
    return (
      entry?.kind !== kind || !(kind === 'link' ? entry.stamp === stamp : isSameFile(stamp, entry.stamp))
    );
  });
  return { damaged: damaged.map(([path]) => path), added: [...left.keys()] };
}

/** A file that got another name, or lost one, has a stamp with or without the time of its last change. */
function isSameFile(kept: string, now: string): boolean {
  return kept === now || kept.startsWith(`${now} `) || now.startsWith(`${kept} `);
}
