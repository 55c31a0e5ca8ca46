import assert from 'node:assert/strict';

import type { DirectorySnapshot, FrameworkPlugin } from '@project-runner/core';

import { assertCommand } from './assert-command.ts';
import { memoryDirectory } from './memory-directory.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';

export interface TestFrameworkOptions {
  create(): FrameworkPlugin;
  /** A project of this framework, as it is after a build. */
  project: DirectorySnapshot;
}

/** Proves a framework plugin. */
export function testFramework(it: It, { create, project }: TestFrameworkOptions): void {
  testFactory(it, 'framework', create);

  it('detect: answers null for an empty folder', () => {
    assert.equal(create().detect(memoryDirectory()), null);
  });

  it('detect: knows its project and says why', () => {
    const found = create().detect(project);
    assert.ok(found, 'detect must know the project');
    assert.ok(found.reason, 'the evidence must have a reason');
  });

  it('build: names a script, a command or nothing', () => {
    const plan = create().build(project);
    if (plan.command) assertCommand(plan.command);
    if (plan.script !== undefined) assert.equal(typeof plan.script, 'string');
  });

  it('output: is inside of the project and is there after a build', () => {
    const output = create().output(project);
    if (output === null) return;
    assert.ok(
      !output.startsWith('/') && !output.split('/').includes('..'),
      `${output} must be inside of the project`,
    );
    assert.ok(project.has(output), `${output} must be there after a build`);
  });

  it('start: answers a program and arguments', () => {
    assertCommand(create().start(project).command);
  });

  it('env: tells the port, as a string', () => {
    const env = create().env({ host: '127.0.0.1', port: 4321 });
    assert.ok(Object.values(env).includes('4321'), 'a variable must have the port as its value');
    for (const [name, value] of Object.entries(env))
      assert.equal(typeof value, 'string', `${name} must be a string`);
  });

  it('drainSeconds: is within the 30 s that a stop may take', () => {
    const { drainSeconds } = create();
    assert.ok(drainSeconds >= 0 && drainSeconds <= 28, `found ${drainSeconds}`);
  });

  it('readyMessage: messages that mean something else are null', () => {
    const { readyMessage } = create();
    for (const message of [null, undefined, 42, 'hello', {}, { type: 'log' }, []]) {
      assert.equal(readyMessage?.(message) ?? null, null, `message ${JSON.stringify(message)}`);
    }
  });
}
