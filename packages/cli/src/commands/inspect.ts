import { ProjectRunnerError } from '@project-runner/core';
import { explainProject } from '@project-runner/runner';

import type { CliIo } from '../cli-io.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { loadConfig } from '../input/load-config.ts';
import { readSecrets } from '../input/read-secrets.ts';
import { readVariables } from '../input/read-variables.ts';
import { explanationText } from '../output/explanation-text.ts';
import { createReporter } from '../output/reporter.ts';
import { inspectProject } from '../project/inspect-project.ts';
import { mergeConfig } from '../project/merge-config.ts';
import { listenForStop } from '../stop-requests.ts';
import type { ProjectOptions } from './project-options.ts';

/** `project-runner inspect`: what `up` would find and run in a folder, and why. Answers the exit code. */
export async function inspect(path: string, options: ProjectOptions, io: CliIo): Promise<number> {
  const { json = false, verbose = false } = options;
  const reporter = createReporter(io, { json, verbose });
  const stop = listenForStop(io, () => undefined);
  try {
    const { dir, name } = inspectProject(path, io.cwd);
    const shell = { cwd: io.cwd, environment: io.env, warn: reporter.notice };
    const { envFile = [], envFrom = [], env = [], secretsFrom = [], secret = [] } = options;
    const envVars = readVariables({ ...shell, envFiles: [...envFile, ...envFrom], env });
    const secrets = readSecrets({ ...shell, secretsFrom, secret });
    const { config } = await loadConfig(dir, io.cwd, options.config);
    const { skipInstall = false } = options;
    const explanation = await explainProject(dir, mergeConfig(config, options, dir, io, reporter.logger), {
      name,
      envVars,
      secrets,
      skipInstall,
      signal: stop.signal,
    });
    io.stdout.write(
      `${json ? JSON.stringify({ event: 'inspect', ...explanation }) : explanationText(explanation)}\n`,
    );
    return explanation.problem === null ? exitCodes.ok : exitCodes.buildFailed;
  } catch (error) {
    reporter.error(error);
    return codeOf(error);
  } finally {
    stop.dispose();
    reporter.close();
  }
}

/** What hinders a build has the code of one that fails. */
function codeOf(error: unknown): number {
  const code = exitCodeOf(error);
  return code === exitCodes.unexpected && ProjectRunnerError.is(error) ? exitCodes.buildFailed : code;
}
