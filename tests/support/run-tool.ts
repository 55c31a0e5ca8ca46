import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Command } from '@project-runner/core';

import { pathWith } from './package-manager-tools.ts';
import type { PackageManagerTool } from './package-manager-tools.ts';

export interface ToolResult {
  code: number | string;
  /** Both streams. */
  output: string;
}

const passed = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'npm_config_registry',
  'YARN_NPM_REGISTRY_SERVER',
];

/** One home for all tests of a file, so that each tool downloads a package once. */
const home = realpathSync(mkdtempSync(join(tmpdir(), 'project-runner-home-')));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));

/** Runs a command with that very tool on `PATH`, an empty home, and nothing else of this process's environment. */
export function runTool(
  tool: PackageManagerTool,
  cwd: string,
  command: Command,
  variables: Readonly<Record<string, string>> = {},
): Promise<ToolResult> {
  const own = passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const env = {
    ...Object.fromEntries(own),
    HOME: home,
    PATH: pathWith(tool),
    ...variables,
    ...command.env,
  };
  return new Promise((resolve) => {
    const child = execFile(command.file, command.args, { cwd, env }, (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : (error.code ?? error.signal ?? 'unknown'),
        output: stdout + stderr,
      }),
    );
    // A question must fail at once, not wait for an answer.
    child.stdin?.end();
  });
}

/** `'yarn install --mode=update-lockfile'` as a command. */
export function commandOf(line: string): Command {
  const [file = '', ...args] = line.split(' ');
  return { file, args };
}
