import { readFileSync } from 'node:fs';

/** Ports of this machine that TCP sockets have. */
export interface PortsOfSockets {
  /** Nobody else can have these. */
  listening: ReadonlySet<number>;
  /** Of connections, also of those that have just ended: another one may or may not have these. */
  others: ReadonlySet<number>;
}

const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
/** See tcp_states.h of Linux. */
const listen = '0A';

/** Read at once from the tables of Linux; `null` where there are none. A socket that is bound only is not in them. */
export function portsOfSockets(): PortsOfSockets | null {
  const listening = new Set<number>();
  const others = new Set<number>();
  const texts = tables.map(readTable);
  if (texts.every((text) => text === null)) return null;
  for (const text of texts) {
    for (const line of (text ?? '').split('\n').slice(1)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
      if (port > 0) (state === listen ? listening : others).add(port);
    }
  }
  return { listening, others };
}

function readTable(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Another system, or one without IPv6.
    return null;
  }
}
