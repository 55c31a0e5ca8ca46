import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { Command } from '@project-runner/core';

const shells = /^(sh|bash|dash|zsh|ksh|fish|cmd|powershell|pwsh)$/i;
const shellLine = /^(-l?c|\/c|-command)$/i;

/** A command is a program and its arguments, never something for a shell. */
export function assertCommand(command: Command, method: string): void {
  assert.equal(
    typeof command?.file,
    'string',
    `${method} must answer { file, args } at once, found ${inspect(command)}`,
  );
  // Folders of an absolute path may have spaces in their names.
  const name = /^([/\\]|[a-z]:)/i.test(command.file) ? programName(command.file) : command.file;
  assert.doesNotMatch(
    name,
    /[\s;&|<>$`]/,
    `file must be one program, with its arguments in args; found ${JSON.stringify(command.file)}`,
  );
  assert.ok(Array.isArray(command.args), `args must be an array, found ${inspect(command.args)}`);
  for (const arg of command.args) {
    assert.equal(typeof arg, 'string', `each argument must be a string, found ${inspect(arg)}`);
    assert.doesNotMatch(arg, /&&|\|\|/, `an argument must not be a shell line, found ${JSON.stringify(arg)}`);
  }
  assert.ok(
    !(shells.test(programName(command.file)) && command.args.some((arg) => shellLine.test(arg))),
    `name the program itself instead of a line for a shell, found ${command.file} ${command.args.join(' ')}`,
  );
  assertVariables(command.env ?? {}, 'env');
}

/** Variables are strings: a number or `undefined` would reach a process as that word. */
export function assertVariables(variables: Readonly<Record<string, string>>, where: string): void {
  for (const [name, value] of Object.entries(variables)) {
    assert.equal(typeof value, 'string', `${where}.${name} must be a string, found ${inspect(value)}`);
  }
}

/** `npm` of `/usr/bin/npm` and of `npm.cmd`. */
export function programName(file: string): string {
  return (file.split(/[/\\]/).at(-1) ?? file).replace(/\.(exe|cmd)$/i, '');
}
