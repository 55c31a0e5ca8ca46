import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { LocalProcessRunner } from '@project-runner/runner';

import { findProgram } from '../support/find-program.ts';

/** Does what is to be done again when nothing has changed; answers the ms it took. */
export interface Contestant {
  name: string;
  /** Whatever comes before: a first build. */
  prepare(): Promise<void>;
  again(): Promise<number>;
  close(): Promise<void>;
}

const run = promisify(execFile);

/** `build` of a runner that runs, install included. */
export function projectRunner(app: string, state: string): Contestant {
  const runner = new LocalProcessRunner({ buildDir: join(state, 'builds'), stateDir: join(state, 'state') });
  runner.setSource({ getProjectPath: ({ path }) => Promise.resolve(path) });
  const sourceConfig = { path: app };
  const project = {
    id: randomUUID(),
    name: 'many',
    slug: 'many',
    sourceType: 'local',
    sourceConfig,
  } as never;
  const deploymentId = randomUUID();
  const build = async (): Promise<string[]> => {
    const log: string[] = [];
    const record = { id: randomUUID(), deploymentId } as never;
    const result = await runner.build(project, record, {}, (line) => log.push(line));
    if (result.status !== 'succeeded') throw new Error(result.errorMessage ?? 'the build failed');
    return log;
  };
  return {
    name: 'project-runner build',
    prepare: async () => void (await build()),
    async again() {
      const startedAt = performance.now();
      const log = await build();
      const took = performance.now() - startedAt;
      if (!log.some((line) => line.startsWith('Cached: '))) throw new Error(`not cached:\n${log.join('\n')}`);
      return took;
    },
    close: () => runner.shutdown(),
  };
}

/** Its native program, without the script around it that starts another Node. `null` where it is not installed. */
export function turbo(app: string): Contestant | null {
  const file = turboProgram();
  if (file === null) return null;
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
  const build = async (): Promise<string> =>
    (await run(file, ['run', 'build', '--no-daemon'], { cwd: app, env })).stdout;
  return {
    name: 'turbo run build, cached',
    prepare: async () => void (await build()),
    async again() {
      const startedAt = performance.now();
      const output = await build();
      const took = performance.now() - startedAt;
      if (!output.includes('FULL TURBO')) throw new Error(`not cached:\n${output}`);
      return took;
    },
    close: () => Promise.resolve(),
  };
}

function turboProgram(): string | null {
  try {
    const outer = createRequire(import.meta.url).resolve('turbo/package.json');
    const platform = { x64: '64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'];
    return createRequire(outer).resolve(`@turbo/${process.platform}-${platform}/bin/turbo`);
  } catch {
    return null;
  }
}

/** Without a network: there is nothing to fetch. `null` where it is not installed. */
export function npmInstall(app: string): Contestant | null {
  const file = findProgram('npm');
  if (file === null) return null;
  const install = async (): Promise<unknown> =>
    run(file, ['install', '--no-audit', '--no-fund', '--offline'], { cwd: app });
  return {
    name: 'npm install, nothing to do',
    prepare: async () => void (await install()),
    async again() {
      const startedAt = performance.now();
      await install();
      return performance.now() - startedAt;
    },
    close: () => Promise.resolve(),
  };
}
