import { ProjectRunnerError } from '@project-runner/core';
import { composePlugins, explainProject } from '@project-runner/runner';
import type { ProjectExplanation } from '@project-runner/runner';

import type { CliIo } from '../cli-io.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { inConfig, loadConfig } from '../input/load-config.ts';
import { readSecrets } from '../input/read-secrets.ts';
import { readVariables } from '../input/read-variables.ts';
import { explanationText } from '../output/explanation-text.ts';
import type { Reporter } from '../output/reporter.ts';
import { inspectProject } from '../project/inspect-project.ts';
import { mergeConfig } from '../project/merge-config.ts';
import type { ProjectOptions } from './project-options.ts';
import { runLook } from './run-look.ts';

/** `project-runner inspect`: what `up` would find and run in a folder, and why. Answers the exit code. */
export function inspect(path: string, options: ProjectOptions, io: CliIo): Promise<number> {
  return runLook(io, { ...options, codeOf }, async (reporter, signal) => {
    const explanation = await explain(path, options, { io, reporter, signal });
    const text = options.json
      ? JSON.stringify({ event: 'inspect', ...explanation })
      : explanationText(explanation);
    io.stdout.write(`${text}\n`);
    return explanation.problem === null ? exitCodes.ok : exitCodes.buildFailed;
  });
}

async function explain(
  path: string,
  options: ProjectOptions,
  { io, reporter, signal }: { io: CliIo; reporter: Reporter; signal: AbortSignal },
): Promise<ProjectExplanation> {
  const { dir, name } = inspectProject(path, io.cwd);
  const shell = { cwd: io.cwd, environment: io.env, warn: reporter.notice };
  const { envFile = [], envFrom = [], env = [], secretsFrom = [], secret = [] } = options;
  const envVars = readVariables({ ...shell, envFiles: [...envFile, ...envFrom], env });
  const secrets = readSecrets({ ...shell, secretsFrom, secret });
  const { config: written, file } = await loadConfig(dir, io.cwd, options.config);
  const config = mergeConfig(written, options, dir, io, reporter.logger);
  const { skipInstall = false, cache = true } = options;
  // What is wrong with the configuration names its file; what is wrong with the project does not.
  const plugins = inConfig(file, () => composePlugins(config));
  return explainProject(dir, config, { name, envVars, secrets, skipInstall, cache, signal, plugins });
}

/** What hinders a build has the code of one that fails. */
function codeOf(error: unknown): number {
  const code = exitCodeOf(error);
  return code === exitCodes.unexpected && ProjectRunnerError.is(error) ? exitCodes.buildFailed : code;
}
