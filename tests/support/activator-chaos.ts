// Thousands of projects in one process: most of them sleep, some are woken by requests, stopped, killed, and fall asleep
// again. Sends what it saw to its parent.
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { createActivator } from '@project-runner/activator';
import { createRouterHttp } from '@project-runner/router-http';

export interface ChaosPlan {
  dir: string;
  server: string;
  seed: number;
  /** That are known. */
  known: number;
  /** Of those, that are woken. */
  woken: number;
  clients: number;
  /** Requests in all, after those of the warm-up. */
  requests: number;
}

export interface ChaosReport {
  /** Of all that are known, before any of them ran. */
  knownBytes: number;
  knownCpuMs: number;
  starts: number;
  answered: number;
  /** Of projects that nobody stops or kills: none of them may fail. */
  failed: string[];
  /** Of the others. */
  disturbed: number;
  heapGrowthBytes: number;
  openFiles: { before: number; after: number; names: string[] };
  children: number;
  heldPorts: number;
  servers: string[];
  problems: string[];
}

const plan = JSON.parse(process.argv[2] ?? '') as ChaosPlan;
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const heap = (): number => {
  for (let pass = 0; pass < 3; pass += 1) gc();
  return process.memoryUsage().heapUsed;
};
let state = plan.seed;
// mulberry32, by Tommy Ettinger, in the public domain.
const random = (below: number): number => {
  state = (state + 0x6d_2b_79_f5) | 0;
  let value = Math.imul(state ^ (state >>> 15), 1 | state);
  value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
  return ((value ^ (value >>> 14)) >>> 0) % below;
};
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // Of the reading itself.
      return [];
    }
  });
const children = (): number =>
  readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  ).length;

const problems: string[] = [];
const note = (message: string, cause?: unknown): void =>
  void problems.push(cause instanceof Error ? `${message}: ${cause.message.slice(0, 500)}` : message);
const logger = { debug() {}, info() {}, warn: note, error: note };
const router = createRouterHttp({ port: 0, wake: (asked) => activator.wake(asked), logger });
const { port } = await router.listen();
const activator = await createActivator({
  router,
  portRange: { start: 23_000, end: 23_999 },
  logger,
  runner: { stateDir: join(plan.dir, 'state'), restart: { initialDelayMs: 10, maxDelayMs: 200 } },
});

const heapBefore = heap();
const cpuBefore = process.cpuUsage();
for (let index = 0; index < plan.known; index += 1) {
  activator.register(`p${index}`, {
    dir: plan.dir,
    command: { file: 'perl', args: [plan.server] },
    idleTimeoutMs: 100 + (index % 10) * 100,
  });
}
const knownBytes = heap() - heapBefore;
const cpu = process.cpuUsage(cpuBefore);

let starts = 0;
const pids = new Map<string, string>();
let answered = 0;
let disturbed = 0;
const failed: string[] = [];
/** These are stopped and killed as well. */
const isVictim = (index: number): boolean => index % 5 === 0;

async function ask(index: number): Promise<void> {
  const headers = { host: `p${index}.localhost`, connection: 'close' };
  const outgoing = request({ port, host: '127.0.0.1', headers, agent: false });
  outgoing.end();
  let answer: string;
  try {
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer = `${incoming.statusCode} ${Buffer.concat(await incoming.toArray())
      .toString()
      .slice(0, 200)}`;
  } catch (error) {
    answer = String(error);
  }
  const [, pid] = new RegExp(`^200 p${index} (\\d+)$`).exec(answer) ?? [];
  if (pid === undefined) {
    if (isVictim(index)) disturbed += 1;
    else failed.push(`p${index}: ${answer}`);
    return;
  }
  answered += 1;
  if (pids.get(`p${index}`) !== pid) starts += 1;
  pids.set(`p${index}`, pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It fell asleep in this moment, and nobody heard of it yet.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function disturb(index: number): Promise<void> {
  const id = `p${index}`;
  const { pid } = activator.status(id) ?? {};
  const how = random(4);
  if (how === 0) await activator.stop(id);
  else if (how === 1 && typeof pid === 'number') kill(pid);
  else if (how === 2) await activator.ensureRunning(id).catch(() => undefined);
  else await Promise.all([activator.stop(id), activator.ensureRunning(id).catch(() => undefined)]);
}

async function storm(requests: number): Promise<void> {
  let left = requests;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const index = random(plan.woken);
      if (isVictim(index) && random(3) === 0)
        await disturb(index).catch((error: unknown) => note('A disturbance failed', error));
      else await ask(index);
      await delay(random(20));
    }
  };
  await Promise.all(Array.from({ length: plan.clients }, client));
}

async function untilAllSleep(): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (activator.activeProjects().length > 0 && performance.now() < deadline) await delay(20);
}

/** Sockets of the last requests and files of the last servers close a moment after them: both ends are in this process. */
async function openFilesAtRest(limit: number): Promise<string[]> {
  const deadline = performance.now() + 10_000;
  while (openFiles().length > limit && performance.now() < deadline) await delay(20);
  return openFiles();
}

// What is kept of ended servers is kept of the last 100.
await storm(Math.max(plan.woken, 150));
await untilAllSleep();
const warm = { heap: heap(), openFiles: openFiles().length };
await storm(plan.requests);
await untilAllSleep();
const filesLeft = await openFilesAtRest(warm.openFiles);
const heapGrowthBytes = heap() - warm.heap;
const report: ChaosReport = {
  knownBytes,
  knownCpuMs: (cpu.user + cpu.system) / 1000,
  starts,
  answered,
  failed,
  disturbed,
  heapGrowthBytes,
  openFiles: { before: warm.openFiles, after: filesLeft.length, names: filesLeft },
  children: children(),
  heldPorts: heldPorts(),
  servers: readdirSync(join(plan.dir, 'state', 'servers')),
  problems,
};
await activator.shutdown();
await router.close();
process.send?.(report, () => process.exit());

/** Leases that nobody gave back. */
function heldPorts(): number {
  const dir = join(process.env.XDG_STATE_HOME ?? '', 'project-runner', 'ports');
  return readdirSync(dir).filter((name) => {
    const lease = JSON.parse(readFileSync(join(dir, name), 'utf8')) as { released?: boolean };
    return lease.released !== true;
  }).length;
}
