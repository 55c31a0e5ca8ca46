import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { tempFolder } from '../support/temp-folder.ts';
import { listFiles, project } from './shop-project.ts';
import { cliEvents, runCli } from './spawn-cli.ts';

describe('project-runner.config.ts', () => {
  it('adds a plugin of a third party', async () => {
    const dir = await project({
      'my-sink.ts': `
        import { appendFileSync } from 'node:fs';
        export function mySink(file: string) {
          return {
            kind: 'log-sink' as const,
            name: 'mine',
            apiVersion: 1 as const,
            async open() {
              return {
                write(batch: { lines(): Iterable<{ text: string }> }) {
                  for (const { text } of batch.lines()) appendFileSync(file, text + '\\n');
                },
                close() {},
              };
            },
          };
        }`,
      'project-runner.config.ts': `
        import { join } from 'node:path';
        import { mySink } from './my-sink.ts';
        export default { plugins: [mySink(process.env.SINK_FILE as string)], stateDir: process.env.SINK_STATE };`,
    });
    const out = tempFolder();
    const file = join(out, 'lines.txt');
    const env = { SINK_FILE: file, SINK_STATE: join(out, 'state') };
    const before = listFiles(dir);
    const { code, stderr } = await runCli(['up', dir, '--skip-install', '--once'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Ready') });
    expect(readFileSync(file, 'utf8')).toContain('listening\n');
    expect(readdirSync(join(out, 'state'))).toContain('builds');
    expect(listFiles(dir)).toEqual(before);
  });

  it('may print, and --json stays whole', async () => {
    const dir = await project({
      'project-runner.config.mjs': `
        console.log('from the configuration');
        const open = () => { console.log('from a plugin'); return { write() {}, close() {} }; };
        export default () => ({ plugins: [{ kind: 'log-sink', name: 'chatty', apiVersion: 1, open }] });`,
    });
    const { code, stdout, stderr } = await runCli(['up', dir, '--skip-install', '--once', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'from the configuration\nfrom a plugin\n' });
    expect(cliEvents(stdout).at(-1)).toEqual({ event: 'stopped' });
  });
});
