import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { stay } from './launch-node.ts';
import type { Launched, LaunchNode } from './launch-node.ts';
import { patienceMs } from './output-recorder.ts';
import { within } from './within.ts';

/** A process and a child of it, which is heard over a connection of its own: pipes and pids may outlive a process. */
export interface LaunchedTree extends Launched {
  /** What the child said until it was gone; a failure when it does not go. */
  childGone(): Promise<string>;
}

export interface TreeCode {
  /** What the first process does when its child runs. @default it stays */
  parent?: string;
  /** What the child does before it says that it is ready; `say(text)` sends a text. */
  child?: string;
}

/** Memory that only the child has, for `usage` to find, and the code that takes it. */
export const ballastBytes: number = 128 * 2 ** 20;
export const ballast: string = `globalThis.ballast = Buffer.alloc(${ballastBytes}, 1);`;

/** The system closes the connection of a process with it; that takes a moment to be heard. */
const goneMs = 2000;

/** Launches a process that starts another one, and uses them when both run. */
export async function withTree(
  launch: LaunchNode,
  { parent = stay, child = '' }: TreeCode,
  use: (tree: LaunchedTree) => Promise<void>,
): Promise<void> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  let said = '';
  let heard = (): void => undefined;
  const gone = once(server, 'connection').then(async ([socket]) => {
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      heard();
    });
    // A reset is an end like any other.
    socket.on('error', () => undefined);
    await once(socket, 'close');
  });
  const ready = new Promise<void>((resolve) => {
    heard = () => (said.includes('ready;') ? resolve() : undefined);
  });
  try {
    const launched = await launch(parentCode(parent), {
      args: ['-e', parentCode(parent), childCode(port, child)],
    });
    await within(patienceMs, ready, 'a process must be able to start others');
    await use({
      ...launched,
      async childGone() {
        await within(
          goneMs,
          gone,
          'stop must end each process of the tree, found a child of the process alive',
        );
        return said.replace('ready;', '');
      },
    });
  } finally {
    server.close();
  }
}

function parentCode(then: string): string {
  return `
    const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", process.argv[1]], { stdio: "inherit" });
    child.once("spawn", () => { ${then} });
  `;
}

function childCode(port: number, code: string): string {
  return `
    const line = require("node:net").connect(${port}, "127.0.0.1", () => say("ready;"));
    const say = (text, then) => line.write(text, then);
    ${code}
    ${stay}
  `;
}

/** What a child said, as a failure names it. */
export function assertSaid(found: string, expected: string, rule: string): void {
  assert.equal(found, expected, `${rule}; found ${found === '' ? 'nothing' : found}`);
}
