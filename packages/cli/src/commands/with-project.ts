import type { CliIo } from '../cli-io.ts';
import { exitCodeOf, exitCodeOfSignal } from '../exit-codes.ts';
import type { Reporter } from '../output/reporter.ts';
import { openProject } from '../project/open-project.ts';
import type { OpenedProject } from '../project/open-project.ts';
import { recordProject } from '../project/record-project.ts';
import { tidyState } from '../project/tidy-state.ts';
import { listenForStop } from '../stop-requests.ts';
import type { StopRequests } from '../stop-requests.ts';
import type { ProjectOptions } from './project-options.ts';

/** How long a kill may take until the command leaves regardless, in ms. */
const killPatienceMs = 2000;

/**
 * Opens the project, runs the task and shuts everything down again, however it ends. A second Ctrl-C kills at once.
 * Answers the exit code.
 */
export async function withProject(
  path: string,
  options: ProjectOptions,
  io: CliIo,
  reporter: Reporter,
  task: (opened: OpenedProject, stop: StopRequests) => Promise<number>,
): Promise<number> {
  let opened: OpenedProject | undefined;
  const kill = killer(() => opened?.processes.killAll());
  const stop = listenForStop(io, (signal) => {
    if (kill.signal()) return;
    reporter.notice('Killing everything at once');
    kill.start(signal);
  });
  stop.signal.addEventListener('abort', () => {
    if (stop.reason() !== 'output-closed') reporter.notice('Stopping, press Ctrl-C again to kill at once');
  });
  const run = async (): Promise<number> => {
    try {
      opened = await openProject(path, options, io, reporter);
      await record(opened, reporter);
      return await task(opened, stop);
    } catch (error) {
      reporter.error(error);
      return exitCodeOf(error);
    } finally {
      await opened?.runner.shutdown();
      if (opened) await tidy(opened, reporter);
    }
  };
  const orderly = run().catch((error: unknown) => {
    reporter.error(error);
    return exitCodeOf(error);
  });
  const code = await Promise.race([orderly, kill.overdue]);
  const killedBy = kill.signal();
  kill.end();
  stop.dispose();
  reporter.close();
  return killedBy ? exitCodeOfSignal(killedBy) : code;
}

/** A convenience of those who look for a log by hand. */
async function record({ stateDir, projectDir }: OpenedProject, { logger }: Reporter): Promise<void> {
  try {
    await recordProject(stateDir, projectDir);
  } catch (error) {
    logger.warn(`The path of the project could not be noted in ${stateDir}: ${String(error)}`);
  }
}

async function tidy(opened: OpenedProject, { logger }: Reporter): Promise<void> {
  const { logsDir, projectDir } = opened;
  await tidyState({ logsDir, projectDir, logger });
}

interface Killer {
  start(signal: 'SIGINT' | 'SIGTERM'): void;
  /** The signal that made it start. */
  signal(): 'SIGINT' | 'SIGTERM' | undefined;
  /** Resolves when everything has had its time to die. */
  overdue: Promise<number>;
  end(): void;
}

/** Kills again and again, because a tree may grow while it is killed. */
function killer(killAll: () => void): Killer {
  const { promise: overdue, resolve } = Promise.withResolvers<number>();
  const timers: NodeJS.Timeout[] = [];
  let startedBy: 'SIGINT' | 'SIGTERM' | undefined;
  return {
    start(signal) {
      startedBy = signal;
      killAll();
      timers.push(
        setInterval(killAll, 100),
        setTimeout(() => resolve(exitCodeOfSignal(signal)), killPatienceMs),
      );
    },
    signal: () => startedBy,
    overdue,
    end: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}
