import type { StoredServer } from './server-state.ts';

/** `'foreign'`: written by a later version, `'damaged'`: anything else that is not the server of that id. */
export function parseStored(text: string, serverId: string): StoredServer | 'foreign' | 'damaged' {
  try {
    const value = JSON.parse(text) as Partial<StoredServer> | null;
    if (typeof value?.formatVersion === 'number' && value.formatVersion > 1) return 'foreign';
    const { server, session, launch } = value ?? {};
    const isWhole =
      value?.formatVersion === 1 &&
      server?.id === serverId &&
      session?.serverId === serverId &&
      Number.isInteger(value.run) &&
      typeof value.state === 'string' &&
      typeof launch?.file === 'string' &&
      Array.isArray(launch.args) &&
      typeof launch.cwd === 'string' &&
      Array.isArray(value.secretNames);
    return isWhole ? withDates(value as StoredServer) : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** JSON has no dates. */
function withDates(stored: StoredServer): StoredServer {
  const date = (value: Date | null): Date | null => (value === null ? null : new Date(value));
  const { server } = stored;
  return {
    ...stored,
    server: {
      ...server,
      startedAt: new Date(server.startedAt),
      stoppedAt: date(server.stoppedAt),
      lastHealthCheck: date(server.lastHealthCheck),
    },
  };
}
