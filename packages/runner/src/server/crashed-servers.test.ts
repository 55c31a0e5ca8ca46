import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createCrashedServers } from './crashed-servers.ts';
import type { CrashedServers } from './crashed-servers.ts';
import type { StoredServer } from './server-state.ts';
import { storedServer } from './stored-server.test-support.ts';

function fresh(): { crashed: CrashedServers; dir: string; warnings: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'crashed-servers-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const dir = join(root, 'crashed');
  return { crashed: createCrashedServers(dir, { debug() {}, info() {}, warn, error() {} }), dir, warnings };
}

const given = (id: string, deploymentId: string): StoredServer => {
  const stored = storedServer(id, {
    state: 'crashed',
    lastError: 'it fell',
    lastLines: ['oh', 'no'],
    restarts: 3,
  });
  return { ...stored, server: { ...stored.server, deploymentId } };
};

describe('createCrashedServers', () => {
  it('tells what was kept, and forgets it with the next deploy of its deployment', () => {
    const { crashed, dir, warnings } = fresh();
    crashed.forget('d1');
    for (const [id, deploymentId] of [
      ['a', 'd1'],
      ['b', 'd1'],
      ['c', 'd2'],
    ] as const)
      crashed.keep(given(id, deploymentId));
    expect(crashed.status('a')).toEqual({
      state: 'crashed',
      restarts: 3,
      lastExit: null,
      lastError: 'it fell',
      lastLines: ['oh', 'no'],
      nextStartAt: null,
      limits: {},
    });
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'a.json')).mode & 0o777).toBe(0o600);
    crashed.forget('d1');
    expect(readdirSync(dir)).toEqual(['c.json']);
    expect([crashed.status('a'), crashed.status('c')?.state]).toEqual([null, 'crashed']);
    expect(warnings).toEqual([]);
  });

  it('knows nothing of other ids, of damaged files, and of ids that are no file names', () => {
    const { crashed, dir } = fresh();
    crashed.keep(given('a', 'd'));
    writeFileSync(join(dir, 'b.json'), '{"formatVersion":1');
    writeFileSync(join(dir, '..', 'outside.json'), JSON.stringify(given('../outside', 'd')));
    for (const id of ['b', 'none', '../outside', '', '.', 'a/b']) expect(crashed.status(id), id).toBeNull();
    crashed.forget('d');
    expect(readdirSync(dir)).toEqual(['b.json']);
    expect(existsSync(join(dir, '..', 'outside.json'))).toBe(true);
  });

  it('warns where it cannot keep, and throws nothing', () => {
    const { crashed, dir, warnings } = fresh();
    writeFileSync(dir, 'a file where the folder should be');
    crashed.keep(given('a', 'd'));
    expect(crashed.status('a')).toBeNull();
    crashed.forget('d');
    expect(warnings).toEqual([
      'What is known of the crashed server a could not be kept',
      'What is known of the crashed server a could not be read',
      'Crashed servers of deployment d could not be forgotten',
    ]);
  });
});
