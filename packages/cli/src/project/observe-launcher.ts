import type { LauncherPlugin, ProcessHandle, ProcessRef } from '@project-runner/core';
import { findTree } from '@project-runner/launcher-local';

export interface ObservedLauncher {
  /** The launcher to use in place of the one given. */
  launcher: LauncherPlugin;
  /** The newest process of that id, `undefined` for a launcher that has none. */
  find(pid: number | null): ProcessHandle | undefined;
  /** SIGKILL to everything that runs, at once. */
  killAll(): void;
}

/** A runner says that a server is gone, not how it ended; the launcher's handles know. */
export function observeLauncher(launcher: LauncherPlugin): ObservedLauncher {
  const launched: { id: string; handle: ProcessHandle }[] = [];
  return {
    launcher: {
      ...launcher,
      async launch(spec) {
        const handle = await launcher.launch(spec);
        launched.push({ id: spec.id, handle });
        return handle;
      },
    },
    find: (pid) => launched.findLast(({ handle }) => pid === null || handle.ref.pid === pid)?.handle,
    killAll() {
      for (const { id, handle } of launched) {
        if (handle.exit() === null) kill(-handle.ref.pid);
        for (const pid of treeOf(id, handle.ref)) kill(pid);
      }
    },
  };
}

/** With those that left the group. Only Linux tells; elsewhere the group has to do. */
function treeOf(id: string, root: ProcessRef): number[] {
  return process.platform === 'linux' ? findTree(id, root).map(({ pid }) => pid) : [];
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch (error) {
    // ESRCH: it is gone already, or leads no group.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
