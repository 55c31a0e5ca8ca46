import { ProjectRunnerError } from '@project-runner/core';
import type { FrameworkPlugin } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { memoryDirectory } from './memory-directory.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testFramework } from './test-framework.ts';

const timers: NodeJS.Timeout[] = [];
afterEach(() => timers.splice(0).forEach(clearInterval));

const missing = (hint?: string): ProjectRunnerError =>
  new ProjectRunnerError('OUTPUT_MISSING', 'no out/main.js', hint === undefined ? {} : { hint });

const nestedInstall = { dir: 'out', adds: ['node_modules'], skipEnv: { MEM_SKIP: '1' } };

function mem(changes: Partial<FrameworkPlugin> = {}): FrameworkPlugin {
  return {
    kind: 'framework',
    name: 'mem',
    apiVersion: 1,
    drainSeconds: 28,
    healthPath: '/up',
    detect: ({ has }) => (has('mem.json') ? { strength: 'specific', reason: 'mem.json' } : null),
    build: () => ({ script: 'build', env: { MEM: '1' }, nestedInstall }),
    output({ has }) {
      if (has('out/main.js')) return 'out/main.js';
      throw missing('set "server" in mem.json');
    },
    copies: () => [{ from: 'public', to: 'out/public' }],
    start: ({ dir }) => ({ command: { file: 'node', args: [`${dir}/out/main.js`] }, cwd: 'data' }),
    env: ({ host, port }) => ({ HOST: host, PORT: String(port) }),
    readyMessage: (message) => (message === 'mem-ready' ? {} : null),
    ...changes,
  };
}

const project = memoryDirectory(
  { 'mem.json': '{}', 'out/main.js': '', 'public/a.txt': '' },
  { manifest: { scripts: { build: 'mem build' } } },
);
const noServer = memoryDirectory({ 'mem.json': '{}' }, { manifest: { scripts: {} } });
const suite =
  (create: () => FrameworkPlugin) =>
  (it: It): void =>
    testFramework(it, { create, project, noServer });

const starting =
  (file: string, ...args: string[]) =>
  (): FrameworkPlugin =>
    mem({ start: () => ({ command: { file, args }, cwd: 'release' }) });

const output = 'output: is inside of the project and is there after a build';
const nesting = (changes: object) => (): FrameworkPlugin =>
  mem({ build: () => ({ nestedInstall: { ...nestedInstall, ...changes } }) });
const nested = 'nestedInstall: names a folder of the project, what is added there and how it is left out';
const copying = (from: string, to: string) => (): FrameworkPlugin => mem({ copies: () => [{ from, to }] });
const copies = 'copies: takes what is there after a build to other places of the project';
const through = 'start: never goes through a package manager';
const folder = 'start: names the working folder, and from the data folder the entry by its absolute path';
const other = 'readyMessage: messages that mean something else are null';

const told = 'noServer: is given, or null where every build is a server';
const noOutput = 'output: a build that is no server is OUTPUT_MISSING, with a hint';
const answering = (answer: () => string | null) => (): FrameworkPlugin =>
  mem({ output: ({ has }) => (has('out/main.js') ? 'out/main.js' : answer()) });

const built = (output: string) => (): FrameworkPlugin =>
  mem({ output: ({ has }) => (has('out/main.js') ? output : mem().output(noServer)) });

const variations: readonly Variation<FrameworkPlugin>[] = [
  [
    noOutput,
    /must throw a ProjectRunnerError OUTPUT_MISSING.*found \{ answer: null \}/,
    answering(() => null),
  ],
  [
    noOutput,
    /whose hint says which setting to change; found \{ code: 'OUTPUT_MISSING', hint: undefined/,
    answering(() => {
      throw missing();
    }),
  ],
  [
    noOutput,
    /OUTPUT_MISSING for noServer.*found \{ code: undefined, hint: undefined, message: 'oh' \}/,
    answering(() => {
      throw new Error('oh');
    }),
  ],
  ...factoryVariations(mem, 'env', timers),
  [
    'pure: the same question gets the same answer',
    /must be pure, found two answers/,
    () => {
      let builds = 0;
      return mem({ build: () => ({ env: { BUILD: String((builds += 1)) } }) });
    },
  ],
  [
    'detect: answers null for an empty folder',
    /must answer null where nothing speaks for it, found .*fallback/,
    () => mem({ detect: () => ({ strength: 'fallback', reason: 'why not' }) }),
  ],
  [
    'detect: knows its project and says why',
    /must know the project that the suite was given, found null/,
    () => mem({ detect: () => null }),
  ],
  [
    'detect: knows its project and says why',
    /strength must be specific or fallback, found 'sure'/,
    () => mem({ detect: ({ has }) => (has('mem.json') ? { strength: 'sure' as never, reason: 'x' } : null) }),
  ],
  [
    'detect: knows its project and says why',
    /reason must say what speaks for it, found ''/,
    () => mem({ detect: ({ has }) => (has('mem.json') ? { strength: 'specific', reason: '' } : null) }),
  ],
  [
    'build: names a script, a command or nothing',
    /script must be one of package\.json \(build\), found 'compile'/,
    () => mem({ build: () => ({ script: 'compile' }) }),
  ],
  [
    'build: names a script, a command or nothing',
    /file must be one program.*found "mem build"/,
    () => mem({ build: () => ({ command: { file: 'mem build', args: [] } }) }),
  ],
  [
    'build: names a script, a command or nothing',
    /env\.MEM must be a string, found 1/,
    () => mem({ build: () => ({ env: { MEM: 1 as never } }) }),
  ],
  [nested, /dir must be a path inside of the project.*found '\.\.\/out'/, nesting({ dir: '../out' })],
  [nested, /adds must be names in that folder, at least one; found \[\]/, nesting({ adds: [] })],
  [nested, /adds must be names in that folder.*found \[ 'a\/b' \]/, nesting({ adds: ['a/b'] })],
  [nested, /skipEnv\.A must be a string, found 1/, nesting({ skipEnv: { A: 1 } })],
  [nested, /skipEnv must have a variable, found none/, nesting({ skipEnv: {} })],
  [output, /inside of the project, relative to it; found \/project/, built('/project/x.js')],
  [output, /inside of the project.*found \.\.\/x\.js/, built('../x.js')],
  [output, /must be there after a build, or null; x\.js is not/, built('x.js')],
  [copies, /must answer a list at once, found \{\}/, () => mem({ copies: () => ({}) as never })],
  [copies, /inside of the project.*found .*to: '\.\.\/public'/, copying('public', '../public')],
  [copies, /inside of the project.*found .*from: '\/etc'/, copying('/etc', 'out/etc')],
  [copies, /must be there after a build; static is not/, copying('static', 'out/static')],
  [copies, /neither of from and to may hold the other/, copying('public', './public/again')],
  [copies, /neither of from and to may hold the other/, copying('public', 'public/')],
  ['start: answers a program and arguments', /found "node main\.js"/, starting('node main.js')],
  [
    'start: answers a program and arguments',
    /instead of a line for a shell, found \/bin\/sh -c/,
    starting('/bin/sh', '-c', 'node main.js'),
  ],
  [through, /server's own program.*passes no signal on; found npm run/, starting('npm', 'run', 'start')],
  [through, /found \/usr\/bin\/pnpm start/, starting('/usr/bin/pnpm', 'start')],
  [through, /found bun run/, starting('bun', 'run', 'start')],
  [
    folder,
    /with cwd data the entry must be absolute.*found out\/main\.js/,
    () => mem({ start: () => ({ command: { file: 'node', args: ['out/main.js'] }, cwd: 'data' }) }),
  ],
  [
    folder,
    /cwd must be release or data, found '\/tmp'/,
    () => mem({ start: () => ({ command: { file: 'node', args: [] }, cwd: '/tmp' as never }) }),
  ],
  [
    'env: tells the port, as a string',
    /env\.PORT must be a string, found 4321/,
    () => mem({ env: ({ port }) => ({ PORT: port as never }) }),
  ],
  [
    'env: tells the port, as a string',
    /must have the port as its value, found \{ HOST: '127\.0\.0\.1' \}/,
    () => mem({ env: ({ host }) => ({ HOST: host }) }),
  ],
  [
    'drainSeconds: is within the 30 s that a stop may take',
    /drainSeconds must be from 0 to 28, found 30/,
    () => mem({ drainSeconds: 30 }),
  ],
  [
    'drainSeconds: is within the 30 s that a stop may take',
    /drainSeconds must be from 0 to 28, found NaN/,
    () => mem({ drainSeconds: Number.NaN }),
  ],
  ['healthPath: starts with a slash', /must start with a slash, found up/, () => mem({ healthPath: 'up' })],
  [
    other,
    /must take any message, it threw at null/,
    () => mem({ readyMessage: (message) => ((message as { ready: boolean }).ready ? {} : null) }),
  ],
  [
    other,
    /must answer null to 42, found \{\}/,
    () => mem({ readyMessage: (message) => (message === 42 ? {} : null) }),
  ],
];

describe('testFramework', () => {
  it('passes a correct plugin', async () => {
    expect(await failuresOf(suite(mem))).toEqual([]);
  });

  it('has to be told what is no server', async () => {
    const checks = (it: It): void =>
      testFramework(it, { create: mem, project, noServer: undefined as never });
    expect(await failuresOf(checks)).toEqual([
      { check: told, message: expect.stringMatching(/told noServer: undefined; give it a project/) },
    ]);
  });

  it.each<[message: RegExp, thrown: Error]>([
    [
      /throws for an empty folder: .*; give noServer a project whose build has left no server$/s,
      missing('x'),
    ],
    [
      /throws for an empty folder: .*message: 'oh'.*; throw a ProjectRunnerError OUTPUT_MISSING where/s,
      new Error('oh'),
    ],
  ])('finds that noServer: null is not true: %s', async (message, thrown) => {
    const create = answering(() => {
      throw thrown;
    });
    expect(await failuresOf((it) => testFramework(it, { create, project, noServer: null }))).toEqual([
      { check: told, message: expect.stringMatching(message) },
    ]);
  });

  it('passes a plugin that leaves out what is optional, and one that starts by bun', async () => {
    const {
      readyMessage: _,
      healthPath: __,
      copies: ___,
      ...least
    } = mem({ build: () => ({}), output: () => null });
    const checks = (it: It): void =>
      testFramework(it, { create: () => ({ ...least }), project, noServer: null });
    expect(await failuresOf(checks)).toEqual([]);
    expect(await failuresOf(suite(starting('bun', 'main.ts')))).toEqual([]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(mem)).map(({ name }) => name);
    expect(new Set([told, ...variations.map(([check]) => check)])).toEqual(new Set(names));
  });

  it.each(variations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});
