import assert from 'node:assert/strict';

import type { Command } from '@project-runner/core';

/** A command is a program and its arguments, never something for a shell. */
export function assertCommand(command: Command): void {
  assert.equal(typeof command.file, 'string', 'file must be a string');
  assert.doesNotMatch(
    command.file,
    /[\s;&|<>$`]/,
    `file must be one program, found ${JSON.stringify(command.file)}`,
  );
  assert.ok(Array.isArray(command.args), 'args must be an array');
  for (const arg of command.args) {
    assert.equal(typeof arg, 'string', 'each argument must be a string');
    assert.doesNotMatch(arg, /&&|\|\|/, `an argument must not be a shell line, found ${JSON.stringify(arg)}`);
  }
  for (const [name, value] of Object.entries(command.env ?? {})) {
    assert.equal(typeof value, 'string', `env.${name} must be a string`);
  }
}
