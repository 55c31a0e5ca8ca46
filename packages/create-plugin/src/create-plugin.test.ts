import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CreateError } from './create-error.ts';
import { createPlugin } from './create-plugin.ts';
import { pluginKinds } from './plugin-kinds.ts';
import type { TemplateKind } from './plugin-kinds.ts';
import { tools } from './plugin-manifest.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'create-plugin-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const kinds = Object.keys(pluginKinds) as TemplateKind[];
const everything = (files: readonly string[], root: string): string =>
  files.map((file) => `${file}\n${readFileSync(join(root, file), 'utf8')}`).join('\n');

describe.each(kinds)('a %s', (kind) => {
  it('has its name everywhere and nothing of the template', () => {
    const created = createPlugin({ kind, name: 'open-telemetry', dir: join(dir, 'made') });
    const { prefix } = pluginKinds[kind];
    expect(created.packageName).toBe(`project-runner-plugin-${prefix}-open-telemetry`);
    const found = readdirSync(created.dir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(found).toHaveLength(created.files.length);
    expect(created.files).toEqual(
      expect.arrayContaining([
        '.changeset/config.json',
        '.changeset/first-release.md',
        '.github/workflows/ci.yml',
        '.gitignore',
        'LICENSE',
        'README.md',
        'package.json',
        'src/index.ts',
        'tsconfig.json',
      ]),
    );
    expect(created.files.filter((file) => file.startsWith('src/open-telemetry-'))).toHaveLength(2);
    const text = everything(created.files, created.dir);
    expect(text).not.toMatch(/sample|\{\{\w|workspace:/i);
    expect(text).toContain("name: 'open-telemetry'");
    expect(text).toMatch(/openTelemetry[A-Z]\w+\(/);
  });
});

it('takes description, author and licence', () => {
  const request = {
    kind: 'log-sink',
    name: 'loki',
    description: 'A sample of "Loki"',
    author: 'Ada $& Co',
  } as const;
  const mit = createPlugin({ ...request, dir: join(dir, 'mit') });
  const manifest: unknown = JSON.parse(readFileSync(join(mit.dir, 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({ description: 'A sample of "Loki"', author: 'Ada $& Co', license: 'MIT' });
  expect(readFileSync(join(mit.dir, 'LICENSE'), 'utf8')).toMatch(
    /MIT License\n\nCopyright \(c\) \d{4} Ada \$& Co\n/,
  );
  const apache = createPlugin({ ...request, license: 'Apache-2.0', dir: join(dir, 'apache') });
  expect(readFileSync(join(apache.dir, 'LICENSE'), 'utf8')).toContain('Apache License');
});

it('takes the name of a package, too', () => {
  const { packageName } = createPlugin({
    kind: 'launcher',
    name: 'project-runner-plugin-launcher-vm',
    dir: join(dir, 'x'),
  });
  expect(packageName).toBe('project-runner-plugin-launcher-vm');
});

it('fills an empty folder, and one that only has a repository', () => {
  mkdirSync(join(dir, '.git'));
  expect(createPlugin({ kind: 'framework', name: 'x', dir }).dir).toBe(dir);
});

it.each([
  ['Open', /small letters.*found "Open"/],
  ['../evil', /small letters.*found "\.\.\/evil"/],
  ['a--b', /single dashes/],
  ['', /found ""/],
  ['x'.repeat(61), /at most 60/],
])('refuses the name %j', (name, message) => {
  expect(() => createPlugin({ kind: 'framework', name, dir: join(dir, 'new') })).toThrow(message);
  expect(readdirSync(dir)).toEqual([]);
});

it.each([
  [
    { kind: 'constructor' as TemplateKind, name: 'x' },
    /kind must be one of package-manager, .*found "constructor"/,
  ],
  [
    { kind: 'framework', name: 'x', license: 'GPL' as 'MIT' },
    /licence must be one of MIT, Apache-2\.0; found "GPL"/,
  ],
  [{ kind: 'framework', name: 'x', author: 'A\nB' }, /author must be one line/],
] as const)('refuses %j', (request, message) => {
  expect(() => createPlugin({ ...request, dir: join(dir, 'new') })).toThrow(message);
  expect(readdirSync(dir)).toEqual([]);
});

it('leaves a folder that has files as it is', () => {
  writeFileSync(join(dir, 'mine.txt'), 'mine');
  expect(() => createPlugin({ kind: 'framework', name: 'x', dir })).toThrow(/is not empty/);
  expect(readdirSync(dir)).toEqual(['mine.txt']);
});

it('says what stands in the way of the folder', () => {
  const blocked = join(dir, 'file');
  writeFileSync(blocked, '');
  const create = (): unknown => createPlugin({ kind: 'framework', name: 'x', dir: join(blocked, 'below') });
  expect(create).toThrow(CreateError);
  expect(create).toThrow(/could not be written to .*below: ENOTDIR/);
});

it('uses the tools that this project uses', () => {
  const read = (path: string): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
  const { devDependencies } = read('../../../package.json');
  expect(
    Object.fromEntries(
      Object.keys(tools).map((name) => [name, devDependencies?.[name]?.replace(/^(?=\d)/, '^')]),
    ),
  ).toEqual(tools);
});
