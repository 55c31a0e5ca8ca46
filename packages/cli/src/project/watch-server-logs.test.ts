import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { watchServerLogs } from './watch-server-logs.ts';

const session = { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' };

describe('watchServerLogs', () => {
  it('knows the newest log and marks it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cli-watch-logs-'));
    const logs = watchServerLogs(dir, '/my/project');
    expect(logs.newest()).toBeNull();
    await logs.sink.open(session);
    expect(logs.newest()).toBe(logs.fileOf('s'));
    expect(logs.fileOf('s')?.startsWith(join(dir, 's'))).toBe(true);
    expect(JSON.parse(readFileSync(join(dir, 's/owner.json'), 'utf8'))).toMatchObject({
      project: '/my/project',
      pid: process.pid,
    });
  });

  it('says nothing of logs that go somewhere else', async () => {
    const logs = watchServerLogs(null, '/my/project');
    await logs.sink.open(session);
    expect([logs.newest(), logs.fileOf('s')]).toEqual([null, null]);
  });

  it('does without a mark where none can be written', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'cli-watch-logs-')), 'file');
    writeFileSync(file, '');
    await expect(watchServerLogs(file, '/p').sink.open(session)).resolves.toBeDefined();
  });
});
