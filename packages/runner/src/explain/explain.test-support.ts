import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { RunnerConfig } from '../config.ts';

/** A new folder with these files; gone when the test ends. */
export function folder(files: Record<string, string> = {}): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'explain-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

/** Keeps everything in folders of the test. */
export function testConfig(): RunnerConfig & { stateDir: string; buildDir: string } {
  const dir = folder();
  return { stateDir: join(dir, 'state'), buildDir: join(dir, 'builds') };
}

/** A folder for `PATH` with one program. */
export function program(name: string, script: string): string {
  const dir = folder({ [name]: `#!/bin/sh\n${script}\n` });
  chmodSync(join(dir, name), 0o755);
  return dir;
}

/** Of a project `shop`. */
export const manifest = (fields: object): string => JSON.stringify({ name: 'shop', ...fields });
