import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import { loadConfig as loadWithC12 } from 'c12';

/** What a configuration exports by default, unchecked. @throws ProjectRunnerError `CONFIG_INVALID` */
export async function evaluateConfig(file: string): Promise<object> {
  let value: unknown;
  try {
    value = extname(file) === '.json' ? await readJson(file) : await importConfig(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProjectRunnerError('CONFIG_INVALID', `${file} cannot be loaded: ${reason}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProjectRunnerError('CONFIG_INVALID', `${file} must export an object by default`, {
      hint: 'export default { plugins: [], portRange: { start: 5000, end: 5010 } }',
    });
  }
  return value;
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''));
}

async function importConfig(file: string): Promise<unknown> {
  const { config } = await loadWithC12<object>({
    cwd: dirname(file),
    configFile: file,
    configFileRequired: true,
    // Only this file: nothing from the home folder, the environment or the network.
    rcFile: false,
    globalRc: false,
    dotenv: false,
    packageJson: false,
    extend: false,
    giget: false,
    envName: false,
    merger: (...sources) => sources.find((source) => source !== undefined && source !== null) ?? {},
    // Its cache would be written into the project's node_modules.
    jitiOptions: { fsCache: false },
  });
  return config;
}
