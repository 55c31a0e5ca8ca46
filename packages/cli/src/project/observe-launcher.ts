import type { LauncherPlugin, ProcessHandle } from '@project-runner/core';

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
  const handles: ProcessHandle[] = [];
  return {
    launcher: {
      ...launcher,
      async launch(spec) {
        const handle = await launcher.launch(spec);
        handles.push(handle);
        return handle;
      },
    },
    find: (pid) => handles.findLast((handle) => pid === null || handle.ref.pid === pid),
    killAll() {
      for (const handle of handles) if (handle.exit() === null) killGroup(handle.ref.pid);
    },
  };
}

function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch (error) {
      // ESRCH: it leads no group, or is gone already.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
