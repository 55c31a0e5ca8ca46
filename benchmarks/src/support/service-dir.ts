import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder with a `run` script, as s6 and runit have them. The environment is that of its supervisor. */
export function serviceDir(parent: string, name: string, command: readonly string[]): string {
  const dir = join(parent, name);
  mkdirSync(dir, { recursive: true });
  const run = join(dir, 'run');
  const words = command.map((word) => `'${word}'`).join(' ');
  writeFileSync(run, `#!/bin/sh\nexec ${words}\n`);
  chmodSync(run, 0o755);
  return dir;
}
