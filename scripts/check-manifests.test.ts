import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { compatibilityRow, manifestProblems } from './check-manifests.mjs';

const good = JSON.parse(
  readFileSync(new URL('../packages/pm-npm/package.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

describe('manifestProblems', () => {
  it('finds nothing in a good manifest', () => {
    expect(manifestProblems('pm-npm', good)).toEqual([]);
  });

  it.each([
    ['an unknown key', { ...good, main: 'x.js' }, 'unknown key main'],
    ['another name', { ...good, name: 'pm-npm' }, 'name must be "@project-runner/pm-npm"'],
    ['more files', { ...good, files: ['dist', 'src'] }, 'files must be ["dist"]'],
    ['a missing keyword', { ...good, keywords: ['project-runner'] }, 'keyword project-runner-plugin'],
    [
      'an exact internal version',
      { ...good, dependencies: { '@project-runner/core': '1.0.0' } },
      'must be "workspace:^"',
    ],
    ['another licence', { ...good, license: 'MIT' }, 'license must be "Apache-2.0", found "MIT"'],
    ['exports of built files', { ...good, exports: './dist/index.js' }, 'exports must be'],
    ['another repository', { ...good, repository: 'x/y' }, 'repository must be {"type":"git"'],
    ['nothing published', { ...good, publishConfig: {} }, 'publishConfig.exports must point at dist'],
    ['a command not built', { ...good, bin: { x: './src/x.ts' } }, 'publishConfig.bin.x the file built'],
    ['no conformance tests', { ...good, devDependencies: {} }, 'proved with @project-runner/conformance'],
    ['keys out of order', { version: good.version, ...good, name: good.name }, 'order'],
  ])('says what is wrong with %s', (_, manifest, message) => {
    expect(manifestProblems('pm-npm', manifest).join('\n')).toContain(message);
  });
});

describe('compatibilityRow', () => {
  it('is made of what the package, its hook and the checks say', () => {
    const engines = { node: '>=22.13' };
    expect(compatibilityRow('logs-x', { version: '2.3.4', engines }, '5.2.2')).toBe(
      '| 2.x | log-sink | 1 | 2.x | ≥ 22.13 | ≥ 5.2 |',
    );
    expect(compatibilityRow('runner', { version: '2.3.4', engines }, '5.2.2')).toBeNull();
  });
});
