import type { CliIo } from '../cli-io.ts';
import { exitCodeOf, exitCodeOfSignal, exitCodes } from '../exit-codes.ts';
import type { Reporter } from '../output/reporter.ts';
import { openProject } from '../project/open-project.ts';
import type { OpenedProject } from '../project/open-project.ts';
import { recordProject } from '../project/record-project.ts';
import { tidyState } from '../project/tidy-state.ts';
import { listenForStop } from '../stop-requests.ts';
import type { StopRequests } from '../stop-requests.ts';
import { listenForUncaught, uncaughtHint } from '../uncaught-errors.ts';
import type { UncaughtErrors } from '../uncaught-errors.ts';
import type { ProjectOptions } from './project-options.ts';

/** How long a kill may take until the command leaves regardless, in ms. */
const killPatienceMs = 2000;

/** How long the end may take after an error that nobody caught, in ms: a server may have 28 s to stop. */
const uncaughtPatienceMs = 40_000;

/**
 * Opens the project, runs the task and shuts everything down again, however it ends. A second Ctrl-C kills at once. An error
 * that nobody caught ends it as any other does. Answers the exit code.
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
  const killWith = (code: number): void => {
    if (kill.code() !== undefined) return;
    reporter.notice('Killing everything at once');
    kill.start(code);
  };
  const stop = listenForStop(io, (signal) => killWith(exitCodeOfSignal(signal)));
  stop.signal.addEventListener('abort', () => {
    const again = stop.reason() === 'uncaught' ? '' : ' again';
    if (stop.reason() !== 'output-closed') reporter.notice(`Stopping, press Ctrl-C${again} to kill at once`);
  });
  const uncaught = stopAtUncaught(stop, reporter, () => killWith(exitCodes.unexpected));
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
  const killed = kill.code();
  kill.end();
  stop.dispose();
  uncaught.dispose();
  reporter.close();
  return killed ?? (uncaught.any() ? exitCodes.unexpected : code);
}

function stopAtUncaught(stop: StopRequests, reporter: Reporter, onOverdue: () => void): UncaughtErrors {
  let timer: NodeJS.Timeout | undefined;
  const uncaught = listenForUncaught({
    onFirst(error) {
      timer = setTimeout(onOverdue, uncaughtPatienceMs);
      try {
        reporter.error(error, { hint: uncaughtHint });
      } finally {
        stop.request('uncaught');
      }
    },
    onFurther: (error) => reporter.logger.warn(`One more error that nobody caught: ${String(error)}`),
  });
  return {
    any: () => uncaught.any(),
    dispose() {
      clearTimeout(timer);
      uncaught.dispose();
    },
  };
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
  start(code: number): void;
  /** The exit code that it was started with. */
  code(): number | undefined;
  /** Resolves when everything has had its time to die. */
  overdue: Promise<number>;
  end(): void;
}

/** Kills again and again, because a tree may grow while it is killed. */
function killer(killAll: () => void): Killer {
  const { promise: overdue, resolve } = Promise.withResolvers<number>();
  const timers: NodeJS.Timeout[] = [];
  let startedWith: number | undefined;
  return {
    start(code) {
      startedWith = code;
      killAll();
      timers.push(
        setInterval(killAll, 100),
        setTimeout(() => resolve(code), killPatienceMs),
      );
    },
    code: () => startedWith,
    overdue,
    end: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}
