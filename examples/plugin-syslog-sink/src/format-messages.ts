import type { LogBatch, LogSession, LogStreamName } from '@project-runner/core';

export interface MessageOptions {
  /** PRI of each stream. */
  priorities: Readonly<Record<LogStreamName, number>>;
  hostname: string;
  appName: string;
  /** SD-ID of the element with the numbers and ids. */
  structuredDataId: string;
  /** A line that makes a longer message goes into several. */
  maxMessageBytes: number;
}

const newline = 0x0a;

/**
 * One RFC 5424 message a line, without framing. The line's bytes stay as they are (MSG-ANY): nobody knows whether a
 * server really writes UTF-8.
 */
export function formatMessages(batch: LogBatch, session: LogSession, options: MessageOptions): Buffer[] {
  const head = header(batch, session, options);
  const ids = identify(session);
  const messages: Buffer[] = [];
  let sequence = batch.sequence;
  const last = batch.sequence + batch.count - 1;
  for (let from = 0; from < batch.bytes.length; sequence += 1) {
    const end = batch.bytes.indexOf(newline, from);
    const line = batch.bytes.subarray(from, end < 0 ? batch.bytes.length : end);
    const goesOn = batch.partial === true && sequence === last;
    const parts = cut(line, options.maxMessageBytes - head.length - ids.length - spaceForNumbers);
    for (const [index, part] of parts.entries()) {
      const isPartial = goesOn || index < parts.length - 1;
      const numbers = `sequence="${sequence}"${parts.length > 1 ? ` part="${index + 1}"` : ''}${isPartial ? ' partial="true"' : ''}`;
      messages.push(
        Buffer.concat([Buffer.from(`${head}[${options.structuredDataId} ${numbers} ${ids}] `), part]),
      );
    }
    from += line.length + 1;
  }
  return messages;
}

/** Of the brackets, the SD-ID (32 at most), and the numbers. */
const spaceForNumbers = 100;

function header({ stream, time }: LogBatch, session: LogSession, options: MessageOptions): string {
  return [
    `<${options.priorities[stream]}>1`,
    time.toISOString(),
    printable(options.hostname, 255),
    printable(options.appName, 48),
    printable(session.serverId, 128),
    stream,
    '',
  ].join(' ');
}

function identify({ deploymentId, projectId, buildId }: LogSession): string {
  return Object.entries({ deploymentId, projectId, buildId })
    .map(([name, value]) => `${name}="${printable(value, 128).replace(/["\\\]]/g, String.raw`\$&`)}"`)
    .join(' ');
}

/** Printable ASCII without spaces, "-" for nothing. */
function printable(value: string, maxLength: number): string {
  return value.replace(/[^!-~]/g, '_').slice(0, maxLength) || '-';
}

/** Pieces of at most so many bytes, none of which ends inside of a UTF-8 character. */
function cut(line: Uint8Array, room: number): Uint8Array[] {
  // Whatever stands before the line, it has to go on.
  const maxBytes = Math.max(room, 16);
  const pieces: Uint8Array[] = [];
  let from = 0;
  while (line.length - from > maxBytes) {
    let to = from + maxBytes;
    for (let back = 0; back < 3 && isContinuation(line[to]); back += 1) to -= 1;
    // No character has so many: these bytes are not UTF-8.
    if (isContinuation(line[to])) to = from + maxBytes;
    pieces.push(line.subarray(from, to));
    from = to;
  }
  pieces.push(line.subarray(from));
  return pieces;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
