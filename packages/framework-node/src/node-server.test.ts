import { memoryDirectory } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { nodeServer } from './node-server.ts';
import { splitCommandLine } from './split-command-line.ts';

const files = {
  'server.js': '',
  'dist/index.js': '',
  'my server.js': '',
  'node_modules/next/package.json': '{"bin":{"next":"./dist/bin/next"}}',
  'node_modules/next/dist/bin/next': '#!/usr/bin/env node\n',
  'node_modules/native/package.json': '{"bin":"./native"}',
  'node_modules/native/native': '\u007FELF',
};
const plan = (start: string): unknown =>
  nodeServer().start(memoryDirectory(files, { manifest: { scripts: { start } } })).command;
const run = (...args: string[]): unknown => expect.objectContaining({ file: 'node', args });
const wrapped = { file: 'node', args: ['--run', 'start'] };

describe('a start script', () => {
  it.each([
    ['node server.js', run('/project/server.js')],
    ['node server', run('/project/server.js')],
    ['node ./dist', run('/project/dist/index.js')],
    [
      'node --enable-source-maps --import ./x.mjs server.js --flag',
      run('--enable-source-maps', '--import', './x.mjs', '/project/server.js', '--flag'),
    ],
    [`node 'my server.js'`, run('/project/my server.js')],
    [`node "my server.js"`, run('/project/my server.js')],
    [String.raw`node my\ server.js`, run('/project/my server.js')],
    ['next start', run('/project/node_modules/next/dist/bin/next', 'start')],
    ['node server.js --config server.js', run('/project/server.js', '--config', 'server.js')],
    [
      'node --import server.js ./server.js server.js',
      run('--import', 'server.js', '/project/server.js', 'server.js'),
    ],
    [
      'next start node_modules/next/dist/bin/next',
      run('/project/node_modules/next/dist/bin/next', 'start', 'node_modules/next/dist/bin/next'),
    ],
    ['native', wrapped],
    ['node missing.js', wrapped],
    ['node -e "x()"', wrapped],
    ['node --run other', wrapped],
    ['node server.js && echo done', wrapped],
    ['node server.js | tee log', wrapped],
    ['node $FILE', wrapped],
    ['node `ls`', wrapped],
    ['cd dist; node index.js', wrapped],
    ['node ../outside.js', wrapped],
    ['', wrapped],
  ])('%s', (script, expected) => {
    expect(plan(script)).toEqual(expected);
  });

  it('keeps variables in front of it, but not those of the address', () => {
    expect(plan('cross-env A=1 PORT=3000 HOST=0.0.0.0 node server.js')).toEqual({
      file: 'node',
      args: ['/project/server.js'],
      env: { A: '1' },
    });
  });
});

describe('a project without a start script', () => {
  it.each([
    [{ main: 'dist/index.js' }, 'dist/index.js'],
    [{ main: 'dist' }, 'dist/index.js'],
    [{ bin: './dist/index.js' }, 'dist/index.js'],
    [{ bin: { one: 'dist/index.js', two: 'x.js' } }, 'server.js'],
    [{}, 'server.js'],
  ])('%j starts %s', (manifest, entry) => {
    expect(nodeServer().output(memoryDirectory(files, { manifest }))).toBe(entry);
  });
});

describe('scripts around the start script', () => {
  const reason = (scripts: Record<string, string>, startScript?: string): string | undefined =>
    nodeServer(startScript === undefined ? {} : { startScript }).detect(
      memoryDirectory({}, { manifest: { scripts } }),
    )?.reason;

  it('are said not to run', () => {
    const scripts = { start: 'x', prestart: 'y', poststart: 'z', preserve: 'a', serve: 'b' };
    expect(reason(scripts)).toBe('script start; prestart and poststart will not run');
    expect(reason(scripts, 'serve')).toBe('script serve; preserve will not run');
    expect(reason({ start: 'x', prebuild: 'y' })).toBe('script start');
  });
});

describe('options', () => {
  it('set entry, folder, probe and drain', () => {
    const plugin = nodeServer({ entry: 'dist/index.js', cwd: 'data', healthPath: '/ready', drainSeconds: 3 });
    expect(plugin).toMatchObject({ healthPath: '/ready', drainSeconds: 3 });
    expect(plugin.start(memoryDirectory(files, { manifest: { scripts: { start: 'other' } } }))).toMatchObject(
      {
        command: { args: ['/project/dist/index.js'] },
        cwd: 'data',
      },
    );
  });
});

describe('readyMessage', () => {
  it.each([
    ['ready', {}],
    [{ type: 'ready' }, {}],
    [{ type: 'server-ready', port: 4112 }, { port: 4112 }],
    [{ type: 'log' }, null],
    ['steady', null],
  ])('%j', (message, expected) => {
    expect(nodeServer().readyMessage?.(message)).toEqual(expected);
  });
});

describe('splitCommandLine', () => {
  it.each([
    ['a b  c', ['a', 'b', 'c']],
    [`a 'b c' "d 'e'" f\\ g`, ['a', 'b c', "d 'e'", 'f g']],
    [`a''b`, ['ab']],
    [`a ""`, ['a', '']],
    ['a "$B"', null],
    ['a "unfinished', null],
    ['a\nb', null],
  ])('%j', (line, words) => {
    expect(splitCommandLine(line)).toEqual(words);
  });
});
