import { join } from 'node:path';

import type { CliIo } from '../cli-io.ts';
import { exitCodes } from '../exit-codes.ts';
import { createReporter } from '../output/reporter.ts';
import { withProject } from './with-project.ts';
import { buildProject } from './build-project.ts';
import type { ProjectOptions } from './project-options.ts';

/** `project-runner build`: builds and says where the release is. Answers the exit code. */
export async function build(path: string, options: ProjectOptions, io: CliIo): Promise<number> {
  const { json = false, verbose = false } = options;
  const reporter = createReporter(io, { json, verbose });
  return withProject(path, options, io, reporter, async (opened, stop) => {
    const built = await buildProject(opened, options, reporter, stop);
    if (typeof built === 'number') return built;
    reporter.release(join(opened.buildsDir, built.id));
    return exitCodes.ok;
  });
}
