import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';

import type { ListeningSocket } from '@project-runner/core';

const listenState = '0A';

/**
 * TCP sockets on which one of these processes listens: their descriptors matched with `/proc/net/tcp{,6}`. Who only
 * asks about one port gets its answer sooner: each table costs the kernel a walk over its hash, some 4 ms.
 */
export function listeningSockets(pids: readonly number[], port?: number): ListeningSocket[] {
  const ours = new Set(pids.flatMap((pid) => socketInodes(pid)));
  if (ours.size === 0) return [];
  const found = socketsOf('/proc/net/tcp', ours);
  const enough = port !== undefined && found.some((socket) => socket.port === port);
  return enough ? found : [...found, ...socketsOf('/proc/net/tcp6', ours)];
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode ? [inode] : [];
    });
  } catch {
    // The process is gone, or is not ours to look into.
    return [];
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since the folder was read.
    return '';
  }
}

function socketsOf(table: string, inodes: ReadonlySet<string>): ListeningSocket[] {
  return readText(table)
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state !== listenState || !inodes.has(inode)) return [];
      const [address = '', port = '0'] = local.split(':');
      return [{ host: decodeAddress(address), port: Number.parseInt(port, 16) }];
    });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A kernel without IPv6 has no tcp6.
    return '';
  }
}

/** The kernel prints each 32-bit word in its own byte order. */
function decodeAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const pairs = (word.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    return endianness() === 'LE' ? pairs.toReversed() : pairs;
  });
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.every((byte) => byte === 0)) return '::';
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) {
    return bytes.slice(12).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}
