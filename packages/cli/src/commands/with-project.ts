import type { CliIo } from '../cli-io.ts';
import { exitCodeOf, exitCodeOfSignal } from '../exit-codes.ts';
import type { Reporter } from '../output/reporter.ts';
import { openProject } from '../project/open-project.ts';
import type { OpenedProject } from '../project/open-project.ts';
import { removeOldBuilds } from '../project/remove-old-builds.ts';
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
  const forced = Promise.withResolvers<number>();
  const stop = listenForStop(io, (signal) => {
    reporter.notice('Killing everything at once');
    opened?.processes.killAll();
    setTimeout(() => forced.resolve(exitCodeOfSignal(signal)), killPatienceMs);
    void orderly.then(() => forced.resolve(exitCodeOfSignal(signal)));
  });
  stop.signal.addEventListener('abort', () => {
    if (stop.reason() !== 'output-closed') reporter.notice('Stopping, press Ctrl-C again to kill at once');
  });
  const run = async (): Promise<number> => {
    try {
      opened = await openProject(path, options, io, reporter);
      return await task(opened, stop);
    } catch (error) {
      reporter.error(error);
      return exitCodeOf(error);
    } finally {
      await opened?.runner.shutdown();
    }
  };
  const orderly = run().catch((error: unknown) => {
    reporter.error(error);
    return exitCodeOf(error);
  });
  const code = await Promise.race([orderly, forced.promise]);
  stop.dispose();
  reporter.close();
  return code;
}

/** Makes room; that it did not work is worth a word and no more. */
export async function tidyBuilds(opened: OpenedProject, reporter: Reporter): Promise<void> {
  try {
    const removed = await removeOldBuilds(opened.buildsDir, opened.build.id);
    if (removed.length > 0) reporter.logger.info(`Removed ${removed.length} older builds`);
  } catch (error) {
    reporter.logger.error(`Older builds in ${opened.buildsDir} could not be removed: ${String(error)}`);
  }
}
