import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from './build-fixture.test-support.ts';
import { findSecrets } from './find-secrets.ts';

const never = new AbortController().signal;
const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0"BAQ\\EF\n-----END KEY-----\n';
const secrets = new Map([
  ['API_KEY', 'sk-live-0123456789'],
  ['KEY', key],
  ['PIN', '1234567'],
  ['EMPTY', ''],
]);

const find = async (root: string, names = secrets): Promise<string[]> =>
  (await findSecrets(root, names, never)).findings.map(({ file, name }) => `${file} ${name}`);

describe('findSecrets', () => {
  it('finds values wherever they are written into files, and in the names of files', async () => {
    const dir = writeFiles(tempFolder(), {
      'dist/index.js': `const a = "sk-live-0123456789";`,
      'dist/config.json': { json: { key, apiKey: 'sk-live-0123456789' } },
      'dist/key.pem': `x${key}`,
      'dist/sk-live-0123456789/index.html': '',
      'public/well.js': 'sk-live-012345678_9 1234567',
    });
    expect(await find(dir)).toEqual([
      'dist/config.json API_KEY',
      'dist/config.json KEY',
      'dist/index.js API_KEY',
      'dist/key.pem KEY',
      'dist/sk-live-0123456789/index.html API_KEY',
    ]);
  });

  it('leaves out what is not output: dependencies, git, env files, links', async () => {
    const dir = writeFiles(tempFolder(), {
      'node_modules/a/index.js': 'sk-live-0123456789',
      'dist/node_modules/a/index.js': 'sk-live-0123456789',
      '.git/config': 'sk-live-0123456789',
      '.env': 'API_KEY=sk-live-0123456789',
      'dist/.env.production': 'API_KEY=sk-live-0123456789',
      'dist/link.js': { link: '../.env' },
      'dist/loop': { link: '..' },
      '.envrc': 'sk-live-0123456789',
    });
    expect(await find(dir)).toEqual(['.envrc API_KEY']);
  });

  it('finds what lies across two chunks, at every place where they could meet', async () => {
    const dir = tempFolder();
    const value = 'a secret of middling length';
    const other = new Map([['API_KEY', value]]);
    const meet = 256 * 1024 + value.length;
    for (const at of [0, 1, ...Array.from({ length: value.length + 4 }, (_, back) => meet + 2 - back)]) {
      const bytes = Buffer.alloc(meet * 2, 'x');
      bytes.write(value, at);
      writeFileSync(join(dir, 'bundle.js'), bytes);
      expect(await find(dir, other)).toEqual(['bundle.js API_KEY']);
    }
    const ends = Buffer.alloc(meet * 2, 'x');
    ends.write(value, ends.length - value.length);
    writeFileSync(join(dir, 'bundle.js'), ends);
    expect(await find(dir, other)).toEqual(['bundle.js API_KEY']);
    writeFileSync(join(dir, 'bundle.js'), ends.subarray(0, -1));
    expect(await find(dir, other)).toEqual([]);
  });

  it('finds a value that is longer than a chunk', async () => {
    const value = Array.from({ length: 80_000 }, (_, index) => index.toString(36)).join('-');
    const dir = writeFiles(tempFolder(), {
      'a.js': `${'x'.repeat(300_000)}${value}`,
      'b.js': value.slice(1),
    });
    expect(value.length).toBeGreaterThan(256 * 1024);
    expect(await find(dir, new Map([['LONG', value]]))).toEqual(['a.js LONG']);
  });

  it('names what it could not read, and goes on', async () => {
    const dir = writeFiles(tempFolder(), { 'a.js': 'x', 'b.js': 'sk-live-0123456789' });
    const found = await findSecrets(join(dir, 'gone'), secrets, never);
    expect(found).toEqual({ findings: [], unreadable: [''] });
  });

  it('ends when it is aborted', async () => {
    const dir = tempFolder();
    for (let file = 0; file < 50; file += 1) writeFileSync(join(dir, `${file}.js`), 'x');
    const abort = new AbortController();
    const search = findSecrets(dir, secrets, abort.signal);
    abort.abort(new Error('enough'));
    await expect(search).rejects.toThrow('enough');
  });

  it('needs no memory for large files', async () => {
    const dir = tempFolder();
    mkdirSync(join(dir, 'dist'));
    const bytes = Buffer.alloc(64 * 1024 * 1024, 'x');
    for (let file = 0; file < 4; file += 1) writeFileSync(join(dir, `dist/${file}.bin`), bytes);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers)), 5);
    await find(dir);
    clearInterval(look);
    rmSync(join(dir, 'dist'), { recursive: true });
    expect(most - before).toBeLessThan(16 * 1024 * 1024);
  });
});
