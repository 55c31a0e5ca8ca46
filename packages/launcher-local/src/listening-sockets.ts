import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { endianness } from 'node:os';

import type { ListeningSocket } from '@project-runner/core';

import { cannotTell } from './cannot-tell.ts';

const listenState = '0A';

/**
 * TCP sockets on which one of these processes listens: their descriptors matched with `/proc/net/tcp{,6}`. Who only
 * asks about one port gets its answer sooner.
 */
export function listeningSockets(pids: readonly number[], port?: number): ListeningSocket[] {
  const ours = new Set(pids.flatMap((pid) => socketInodes(pid)));
  if (ours.size === 0) return [];
  const found = socketsOf('/proc/net/tcp', ours, port);
  const enough = port !== undefined && found.some((socket) => socket.port === port);
  return enough ? found : [...found, ...socketsOf('/proc/net/tcp6', ours, port)];
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode ? [inode] : [];
    });
  } catch (error) {
    if (cannotTell(error)) throw error;
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

/** Only as far as the answer needs: up to a socket on `port`, else over all that listen. */
function socketsOf(table: string, inodes: ReadonlySet<string>, port: number | undefined): ListeningSocket[] {
  const found: ListeningSocket[] = [];
  for (const line of readRecords(table)) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state !== listenState) break;
    if (!inodes.has(inode)) continue;
    const [address = '', hex = '0'] = local.split(':');
    const socket = { host: decodeAddress(address), port: Number.parseInt(hex, 16) };
    found.push(socket);
    if (socket.port === port) break;
  }
  return found;
}

/** Length of a record of `/proc/net/tcp`; those of tcp6 are a little longer. */
const recordBytes = 150;

/**
 * The records of a table, one for each read: the kernel lists listening sockets first and goes on to its table of
 * connections, whose walk costs milliseconds (tens of them with thousands in TIME_WAIT), only for a reader who asks on.
 */
function* readRecords(table: string): Iterable<string> {
  let file: number;
  try {
    file = openSync(table, 'r');
  } catch (error) {
    if (cannotTell(error)) throw error;
    // A kernel without IPv6 has no tcp6.
    return;
  }
  try {
    const buffer = Buffer.allocUnsafe(recordBytes);
    let text = '';
    let isHeading = true;
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
      text += buffer.toString('latin1', 0, length);
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        if (!isHeading) yield text.slice(0, end);
        isHeading = false;
        text = text.slice(end + 1);
      }
    }
  } finally {
    closeSync(file);
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
