import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { inspectProject } from './inspect-project.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'cli-inspect-')));
function project(name: string, manifest: string | undefined): string {
  mkdirSync(join(root, name));
  if (manifest !== undefined) writeFileSync(join(root, name, 'package.json'), manifest);
  return name;
}

describe('inspectProject', () => {
  it('takes the name of package.json, else of the folder', () => {
    expect(inspectProject(project('a', '\uFEFF{"name":"@me/a"}'), root)).toEqual({
      dir: join(root, 'a'),
      name: '@me/a',
    });
    expect(inspectProject(project('b', '{"name":7}'), root).name).toBe('b');
  });

  it('sees through symlinks', () => {
    symlinkSync(join(root, project('real', '{}')), join(root, 'link'));
    expect(inspectProject('link', root)).toEqual({ dir: join(root, 'real'), name: 'real' });
  });

  it('says what is wrong', () => {
    writeFileSync(join(root, 'file'), '');
    const of = (path: string) => () => inspectProject(path, root);
    expect(of('none')).toThrow(expect.objectContaining({ code: 'PROJECT_NOT_FOUND' }));
    expect(of('none')).toThrow(`There is no folder ${join(root, 'none')}`);
    expect(of('file')).toThrow(`${join(root, 'file')} is a file, expected the folder of a project`);
    expect(of(project('empty', undefined))).toThrow(expect.objectContaining({ code: 'MANIFEST_MISSING' }));
    for (const [name, manifest, message] of [
      ['broken', '{', 'broken/package.json is not valid JSON: Expected'],
      ['list', '[]', 'list/package.json must hold a JSON object'],
      ['null', 'null', 'null/package.json must hold a JSON object'],
      ['text', '"x"', 'text/package.json must hold a JSON object'],
    ] as const) {
      const inspect = of(project(name, manifest));
      expect(inspect).toThrow(message);
      expect(inspect).toThrow(
        expect.objectContaining({ code: 'MANIFEST_INVALID', hint: expect.any(String) as string }),
      );
    }
  });
});
