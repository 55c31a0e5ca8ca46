import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { readEnvFiles } from './read-env-files.ts';

function folder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'env-files-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

describe('readEnvFiles', () => {
  it('puts .env.production over .env, and reads no other file', async () => {
    const dir = folder({
      '.env': 'A=1\nB=1\n',
      '.env.production': 'B=2\nC=2\n',
      '.env.local': 'A=3\n',
      '.env.development': 'A=4\n',
    });
    expect(await readEnvFiles(dir)).toEqual({ A: '1', B: '2', C: '2' });
  });

  it('is empty without files', async () => {
    expect(await readEnvFiles(folder({}))).toEqual({});
  });

  it('reads what people write in them', async () => {
    const text = [
      '# a comment',
      'PLAIN=a b # said aside',
      'QUOTED="# kept"',
      "SINGLE='it is $HOME'",
      'KEY="first\nsecond"',
      'export EXPORTED=1',
      'EMPTY=',
      'URL=postgres://ada:p=w@host/db?x=1',
    ].join('\r\n');
    expect(await readEnvFiles(folder({ '.env': text }))).toEqual({
      PLAIN: 'a b',
      QUOTED: '# kept',
      SINGLE: 'it is $HOME',
      KEY: 'first\nsecond',
      EXPORTED: '1',
      EMPTY: '',
      URL: 'postgres://ada:p=w@host/db?x=1',
    });
  });

  it('reads a file with a byte order mark', async () => {
    expect(await readEnvFiles(folder({ '.env': '\uFEFFA=1' }))).toEqual({ A: '1' });
  });

  it('never executes them', async () => {
    const dir = folder({});
    const text = `A=$(touch ${dir}/a)\nB=\`touch ${dir}/b\`\n; touch ${dir}/c\n`;
    writeFileSync(join(dir, '.env'), text);
    expect(await readEnvFiles(dir)).toMatchObject({ A: `$(touch ${dir}/a)` });
    expect(readdirSync(dir)).toEqual(['.env']);
  });

  it('names a file that is there and cannot be read', async () => {
    const dir = folder({ '.env': 'A=1' });
    mkdirSync(join(dir, '.env.production'));
    await expect(readEnvFiles(dir)).rejects.toMatchObject({
      code: 'ENV_FILE_INVALID',
      message: `${join(dir, '.env.production')} cannot be read`,
      cause: { code: 'EISDIR' },
    });
  });
});
