import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { readJson } from './cache/read-json.ts';

interface RecordedServer {
  server?: { buildId?: unknown };
}

/** Builds of the servers that a state folder tells of, whether they run, are between two runs, or were given up. */
export async function recordedBuilds(stateDir: string): Promise<Set<string>> {
  const [servers, crashed] = [join(stateDir, 'servers'), join(stateDir, 'crashed')];
  const files = [
    ...(await namesIn(servers)).map((id) => join(servers, id, 'server.json')),
    ...(await namesIn(crashed)).map((name) => join(crashed, name)),
  ];
  const records = await Promise.all(files.map((file) => readJson<RecordedServer>(file)));
  return new Set(records.flatMap((record) => idIn(record)));
}

function idIn(record: RecordedServer | null): string[] {
  const id = record?.server?.buildId;
  return typeof id === 'string' ? [id] : [];
}

async function namesIn(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}
