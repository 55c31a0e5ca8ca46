import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { findProblem } from './find-program.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'program-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function script(dir: string, name: string, text: string, mode = 0o755): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const env = { PATH: '/usr/bin:/bin' };

/** What the system itself makes of it. */
function runs(file: string, cwd: string): boolean {
  return spawnSync(file, { cwd, env, stdio: 'ignore' }).error === undefined;
}

describe.skipIf(process.platform === 'win32')('a program', () => {
  it.each([
    ['#!/bin/sh\n', null],
    ['#! \t/bin/sh -e\n', null],
    ['#!/usr/bin/env sh\n', null],
    ['#!/usr/bin/env -S sh -e\n', null],
    ['#!/usr/bin/env -i sh\n', null],
    ['#!/bin/sh', null],
    ['#!/no/such/interpreter -x\n', '/no/such/interpreter'],
    ['#!/bin/sh\r\necho 1\r\n', '/bin/sh\r'],
    ['#!/\n', '/'],
  ])('whose first line is %j is judged as the system does', (text, interpreter) => {
    const dir = folder();
    const path = script(dir, 'it', text);
    expect(findProblem({ file: path, cwd: dir, env })).toEqual(
      interpreter === null ? null : { kind: 'interpreter', path, interpreter },
    );
    expect(runs(path, dir)).toBe(interpreter === null);
  });

  it.each([
    ['#!/usr/bin/env no-such-interpreter\n', 'no-such-interpreter'],
    ['#!/usr/bin/env -S no-such-interpreter --flag\n', 'no-such-interpreter'],
    ['#!/usr/bin/env sh\r\n', 'sh\r'],
  ])('that env is to find the interpreter of, %j, ends with 127', (text, interpreter) => {
    const dir = folder();
    const path = script(dir, 'it', text);
    expect(findProblem({ file: path, cwd: dir, env })).toEqual({ kind: 'interpreter', path, interpreter });
    expect(spawnSync(path, { cwd: dir, env }).status).toBe(127);
  });

  it('is no folder, nothing that may not be run, and no pipe', () => {
    const dir = folder();
    mkdirSync(join(dir, 'folder'));
    script(dir, 'plain', 'text', 0o644);
    execFileSync('mkfifo', ['-m', '755', join(dir, 'pipe')]);
    for (const [name, kind] of [
      ['folder', 'folder'],
      ['plain', 'forbidden'],
      ['pipe', 'forbidden'],
      ['none', 'missing'],
      ['plain/below', 'missing'],
    ] as const) {
      expect(findProblem({ file: join(dir, name), cwd: dir, env })).toMatchObject({ kind });
      expect(runs(join(dir, name), dir)).toBe(false);
    }
  });

  it('is looked for on its PATH, past what cannot be run, from its own folder', () => {
    const dir = folder();
    for (const name of ['a', 'b', 'c']) mkdirSync(join(dir, name));
    script(join(dir, 'a'), 'tool', 'text', 0o644);
    mkdirSync(join(dir, 'b/tool'));
    const find = (path: string): unknown => findProblem({ file: 'tool', cwd: dir, env: { PATH: path } });
    expect(find('none:a:b:c')).toEqual({ kind: 'forbidden', path: join(dir, 'a/tool') });
    script(join(dir, 'c'), 'tool', '#!/bin/sh\n');
    expect(find('none:a:b:c')).toBeNull();
    symlinkSync('c/tool', join(dir, 'tool'));
    expect(find('none::a')).toBeNull();
    expect(findProblem({ file: './tool', cwd: dir, env: {} })).toBeNull();
  });

  it('may be its own interpreter', () => {
    const dir = folder();
    const path = script(dir, 'loop', '#!/usr/bin/env loop\n');
    expect(findProblem({ file: 'loop', cwd: dir, env: { PATH: dir } })).toBeNull();
    expect(findProblem({ file: path, cwd: dir, env })).toMatchObject({ kind: 'interpreter' });
  });
});
