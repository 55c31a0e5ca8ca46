import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

import { Command, CommanderError, Option } from 'commander';

import { askRequest } from './ask-request.ts';
import type { Terminal } from './ask-request.ts';
import { CreateError } from './create-error.ts';
import { createPlugin } from './create-plugin.ts';
import type { CreatedPlugin } from './create-plugin.ts';
import { pluginKinds } from './plugin-kinds.ts';
import { licenses } from './plugin-request.ts';
import type { PluginRequest } from './plugin-request.ts';

export interface CreateIo extends Terminal {
  error: NodeJS.WritableStream;
  /** Somebody is there to be asked. */
  interactive: boolean;
}

const usageHint = `For example: npm create project-runner-plugin my-folder -- --kind log-sink --name open-telemetry
All options: npm create project-runner-plugin -- --help
`;
const exitCodes = { ok: 0, unexpected: 1, usage: 2, cancelled: 130 };

/** Runs the command with these arguments and answers its exit code: 2 for wrong usage, 130 when the user gives up. */
export async function runCreate(argv: readonly string[], io: CreateIo): Promise<number> {
  try {
    const known = parse(argv, io);
    const missing = (['kind', 'name'] as const).filter((key) => known[key] === undefined);
    if (missing.length > 0 && !io.interactive)
      throw new CreateError(
        `Nobody is there to be asked: give ${missing.map((key) => `--${key}`).join(' and ')}`,
      );
    const request = await askRequest(known, io);
    if (request === null) return exitCodes.cancelled;
    io.output.write(report(createPlugin(request)));
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const isUsage = error instanceof CreateError || error instanceof CommanderError;
    if (!isUsage) throw error;
    io.error.write(`${error.message.replace(/^error: /, '')}\n`);
    if (!(error.cause instanceof Error)) io.error.write(usageHint);
    return error.cause instanceof Error ? exitCodes.unexpected : exitCodes.usage;
  }
}

function parse(argv: readonly string[], io: CreateIo): Partial<PluginRequest> {
  const command = new Command('create-project-runner-plugin')
    .description('Writes a new plugin of Project Runner. Asks for kind and name where they are not given.')
    .argument('[dir]', 'folder (default: the name of the package)')
    .addOption(new Option('--kind <kind>', 'what it does').choices(Object.keys(pluginKinds)))
    .option('--name <name>', 'small letters, digits and dashes: open-telemetry')
    .option('--description <text>', 'one sentence for package.json and README')
    .option('--author <name>', 'for package.json and the licence')
    .addOption(new Option('--license <id>', 'SPDX name').choices(licenses).default('MIT'))
    .version(readVersion(), '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.output.write(text), outputError: () => {} });
  command.parse([...argv], { from: 'user' });
  const [dir] = command.args;
  return { ...command.opts<Partial<PluginRequest>>(), ...(dir === undefined ? {} : { dir }) };
}

function report({ dir, packageName, files }: CreatedPlugin): string {
  const folder = relative(process.cwd(), dir) || '.';
  return `${packageName} is in ${dir}:
${files.map((file) => `  ${file}`).join('\n')}

Next:
  cd ${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}
  npm install
  npm test
`;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
