import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { binDir, toolsOf } from '../support/package-manager-tools.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';
import { tinyRegistry } from '../support/tiny-registry.ts';

/** As npm writes it with `omit-lockfile-registry-resolved`: only the metadata of the registry tells where it is. */
const lock = (name: string, version: string): object => ({
  name: 'shop',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { name: 'shop', version: '1.0.0', dependencies: { [name]: version } },
    [`node_modules/${name}`]: { version },
  },
});

describe.each(toolsOf('npm'))('npm $version, whose cache is older than the lockfile', (tool) => {
  it('is asked once more, with the registry', async () => {
    const name = `fresh-${randomUUID()}`;
    const registry = await tinyRegistry(name);
    const manifest = (version: string): object => ({
      name: 'shop',
      version: '1.0.0',
      scripts: { build: `node -p "'got ' + require('${name}/package.json').version"` },
      main: 'index.js',
      dependencies: { [name]: version },
    });
    const dir = tempFolder();
    const { runner } = testRunner({ globalEnvVars: { PATH: `${binDir(tool)}:${process.env.PATH}` } });
    const project = projectRecord(dir);
    const build = async (version: string): Promise<string[]> => {
      await registry.publish(version);
      await writeFiles(dir, {
        '.npmrc': `registry=${registry.url}\n`,
        'index.js': '',
        'package.json': { json: manifest(version) },
      });
      await writeFile(join(dir, 'package-lock.json'), JSON.stringify(lock(name, version)));
      const log: string[] = [];
      const built = await runner.build(project, buildRecord(deploymentRecord(project)), {}, (line) =>
        log.push(line),
      );
      expect(built.errorMessage, log.join('\n')).toBeNull();
      expect(log).toContain(`got ${version}`);
      return log;
    };
    const again = 'What npm has cached is too old: installing again, from the registry';
    expect(await build('1.0.0')).not.toContain(again);
    expect(await build('2.0.0')).toContain(again);
  });
});
