import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RunningServer } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { pathWith, toolsOf } from '../support/package-manager-tools.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';
import type { TestRunner } from '../support/test-runner.ts';
import { isLong } from './long.ts';

const rounds = isLong ? 20 : 1;

interface Tree extends TestRunner {
  server: RunningServer;
  /** Pids that wrote `what`, once for each time. */
  told(what: 'up' | 'term'): number[];
}

async function deployTree(
  kinds: string,
  { scripts = {}, envVars = {}, stopGraceMs = 10_000, durable = true } = {},
): Promise<Tree> {
  const test = testRunner({ stopGraceMs, durable });
  const path = await serverProject('tree', { scripts: { start: 'node server.mjs', ...scripts } });
  const { server, deployment } = await deployFolder(test.runner, path, {
    envVars: { TREE: kinds, ...envVars },
    healthCheckTimeoutMs: 60_000,
  });
  const log = join(test.config.stateDir ?? '', 'data', deployment.id, 'tree');
  const told = (what: string): number[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(`${what} `))
      .map((line) => Number(line.slice(what.length)));
  return { ...test, server, told };
}

const everything = 'plain setsid orphan double-fork shell';

describe.each([
  ['that outlives the runner', true],
  ['with pipes', false],
])('a stop of a tree %s', (_, durable) => {
  it('sends each process, wherever it went, exactly one SIGTERM, and ends when all are gone', async () => {
    const { runner, server, told } = await deployTree(everything, { durable });
    const up = told('up').toSorted();
    expect(up).toHaveLength(6);
    expect(processesMarked(server.id)).toEqual(expect.arrayContaining(up));
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(told('term').toSorted()).toEqual(up);
  });

  it('that ignores SIGTERM was asked once each and is killed after the grace', async () => {
    const { runner, server, told } = await deployTree(everything, {
      durable,
      stopGraceMs: 1000,
      envVars: { STUBBORN: '1' },
    });
    const startedAt = performance.now();
    await Promise.all([runner.stop(server), runner.stop(server)]);
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    expect(processesMarked(server.id)).toEqual([]);
    expect(told('term').toSorted()).toEqual(told('up').toSorted());
  });

  it.each([
    ['forks more and more at SIGTERM, 63 in all', 'bomb', 1000],
    ['forks more and more at SIGTERM, and is killed meanwhile', 'bomb', 20],
    ['runs away at SIGTERM, one process after the other', 'hare', 1000],
    ['runs away at SIGTERM, and is killed meanwhile', 'hare', 20],
  ] as const)('that %s, ends with nobody left', async (_, kinds, stopGraceMs) => {
    for (let round = 1; round <= rounds; round += 1) {
      const { runner, server, told } = await deployTree(`${kinds} setsid`, { durable, stopGraceMs });
      await runner.stop(server);
      // A look may miss somebody who is about to fork, so one is not enough.
      for (let look = 0; look < 50; look += 1) expect(processesMarked(server.id)).toEqual([]);
      expect(told('term')).toContain(server.processId);
    }
  });
});

describe('a stop of a server behind a package manager’s script', () => {
  it.each([
    ['a shell', { start: 'echo first && node server.mjs' }],
    ['npm and a shell', { start: 'npm run serve', serve: 'echo first && node server.mjs' }],
    ['npm alone', { start: 'npm run serve', serve: 'node server.mjs' }],
  ])('behind %s leaves nobody, and asks each once', async (_, scripts) => {
    const [npm] = toolsOf('npm', 11);
    const { runner, server, told } = await deployTree('plain setsid', {
      scripts,
      stopGraceMs: 1000,
      // Who would end at the first one could not count a second one.
      envVars: { STUBBORN: '1', PATH: npm ? pathWith(npm) : '' },
    });
    expect(processesMarked(server.id).length).toBeGreaterThan(3);
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(told('term').toSorted()).toEqual(told('up').toSorted());
  });
});
