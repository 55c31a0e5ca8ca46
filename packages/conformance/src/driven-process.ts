import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import type { LaunchSpec, LogStreamName } from '@project-runner/core';

import type { Launched, LaunchNode } from './launch-node.ts';
import { patienceMs } from './output-recorder.ts';
import { within } from './within.ts';

/** A process that is told what to do over a connection of its own, so that a check knows what was done, and when. */
export interface DrivenProcess extends Launched {
  /** Resolves when the process has written it. */
  prints(stream: LogStreamName, text: string): Promise<void>;
  /** Resolves when the process is gone; that its launcher knows is another matter. */
  ends(code: number): Promise<void>;
}

/** Launches a process and drives it. It ends with its driver. */
export async function withDriven(
  launch: LaunchNode,
  use: (driven: DrivenProcess) => Promise<void>,
  changes: Partial<LaunchSpec> = {},
): Promise<void> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = once(server, 'connection') as Promise<[Socket]>;
  let line: Socket | undefined;
  try {
    const launched = await launch(drivenCode(port), changes);
    const [socket] = await within(patienceMs, connection, 'a process must be able to open a connection');
    line = socket;
    // A reset is an end like any other.
    socket.on('error', () => undefined);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    const early = gone.then(() => {
      throw new assert.AssertionError({ message: 'the process must run on, found that it is gone' });
    });
    // Of interest only while it has something to do.
    early.catch(() => undefined);
    await use({
      ...launched,
      async prints(stream, text) {
        const done = new Promise((resolve) => socket.once('data', resolve));
        socket.write(`${JSON.stringify({ stream, text })}\n`);
        await within(
          patienceMs,
          Promise.race([done, early]),
          'a process must be able to write, whether or not somebody reads',
        );
      },
      async ends(code) {
        socket.resume();
        socket.write(`${JSON.stringify({ code })}\n`);
        await within(patienceMs, gone, 'a process must be able to exit, whether or not somebody watches');
      },
    });
  } finally {
    line?.destroy();
    server.close();
  }
}

function drivenCode(port: number): string {
  return `
    const line = require("node:net").connect(${port}, "127.0.0.1");
    let told = "";
    line.on("data", (data) => {
      told += data;
      if (!told.endsWith("\\n")) return;
      const { stream, text, code } = JSON.parse(told);
      told = "";
      if (code !== undefined) process.exit(code);
      process[stream].write(text, () => line.write("done"));
    });
    line.on("close", () => process.exit());
  `;
}
