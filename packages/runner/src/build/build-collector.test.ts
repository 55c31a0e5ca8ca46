import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { takeLease } from '@project-runner/leases';
import { expect, it } from 'vitest';

import { LocalProcessRunner } from '../local-process-runner.ts';
import { buildRecord, projectRecord } from '../records.test-support.ts';
import { localSource, tempFolder, writeFiles } from './build-fixture.test-support.ts';
import { cachePaths } from './cache/cache-paths.ts';

it.each(['cancel', 'wait'] as const)(
  'a removal of old releases that does not go on keeps no shutdown from ending (builds: %s)',
  async (builds) => {
    const dir = tempFolder();
    const buildDir = join(dir, 'builds');
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const runner = new LocalProcessRunner({
      buildDir,
      stateDir: join(dir, 'state'),
      logger: { debug() {}, info() {}, warn, error: warn },
    });
    // Somebody who is suspended has what is to be tidied up.
    mkdirSync(join(buildDir, 'another'), { recursive: true });
    const release = takeLease(cachePaths(buildDir).leases, 'content.another', 'test');
    expect(release).not.toBeNull();
    runner.setSource(localSource);
    const path = writeFiles(tempFolder(), {
      'package.json': { json: { scripts: { start: 'node server.mjs' } } },
      'server.mjs': '',
    });
    const project = projectRecord(path);
    expect((await runner.build(project, buildRecord())).errorMessage).toBeNull();
    await runner.shutdown({ builds });
    expect(warnings).toEqual([]);
    release?.();
    // Its place is free for the next one.
    const collector = takeLease(cachePaths(buildDir).leases, 'collector', 'test');
    expect(collector).not.toBeNull();
    collector?.({ forget: true });
  },
);
