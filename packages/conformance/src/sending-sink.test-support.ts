import type { LogBatch, LogSession, LogSinkPlugin } from '@project-runner/core';

import type { Received, ReceivedLine } from './test-log-received.ts';

/** What is done differently from the sink that is right. */
export interface SendingSinkBreaks {
  line?: (line: ReceivedLine, batch: LogBatch) => ReceivedLine;
  /** Which lines are sent. */
  sends?: (line: ReceivedLine, batch: LogBatch) => boolean;
  /** Makes lines of its batches with `close` only, or sends those that it has made with `close` only. */
  late?: 'made' | 'sent';
  close?: (lines: readonly ReceivedLine[]) => readonly ReceivedLine[];
  key?: (session: LogSession) => string;
}

export interface SendingSink {
  create(): LogSinkPlugin;
  received: Received;
}

/** Sends lines to a receiver in memory, where each arrives a little later. */
export function sendingSink(breaks: SendingSinkBreaks = {}): SendingSink {
  const { key = ({ serverId }) => serverId, line = (good) => good, sends = () => true } = breaks;
  const { close = (lines) => lines, late } = breaks;
  const arrived = new Map<string, ReceivedLine[]>();
  return {
    received: (session) => arrived.get(session.serverId) ?? [],
    create: () => ({
      kind: 'log-sink',
      name: 'sending',
      apiVersion: 1,
      open(session) {
        const batches: LogBatch[] = [];
        const made: ReceivedLine[] = [];
        const send = (lines: readonly ReceivedLine[]): void => {
          setImmediate(() => {
            arrived.set(key(session), [...(arrived.get(key(session)) ?? []), ...lines]);
          });
        };
        const linesOf = (batch: LogBatch): ReceivedLine[] =>
          entriesOf(batch)
            .map((good) => line(good, batch))
            .filter((each) => sends(each, batch));
        return {
          write(batch) {
            if (late === 'made') batches.push(batch);
            else if (late === 'sent') made.push(...linesOf(batch));
            else send(linesOf(batch));
          },
          close: () => send(close([...made, ...batches.flatMap(linesOf)])),
        };
      },
    }),
  };
}

function entriesOf({ stream, time, sequence, lines }: LogBatch): ReceivedLine[] {
  return Array.from(lines(), ({ text, partial }, index) => ({
    text,
    stream,
    time,
    sequence: sequence + index,
    partial,
  }));
}
