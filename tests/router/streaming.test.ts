import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { targetServer } from '../support/target-server.ts';

/** The long form is 1 GB: `ROUTER_STREAM_MB=1000`. */
const size = Number(process.env.ROUTER_STREAM_MB ?? 200) * 1_000_000;
const chunk = Buffer.alloc(64 * 1024, 'x');
/** Node lets garbage of 60 to 75 MB come together, be it 200 MB or 1 GB that is streamed. */
const growthMb = 120;

/** So many bytes, made as they are asked for. */
function bytes(total: number): Readable {
  let left = total;
  return new Readable({
    read() {
      const part = chunk.subarray(0, Math.min(left, chunk.length));
      left -= part.length;
      this.push(part);
      if (left === 0) this.push(null);
    },
  });
}

async function countBytes(source: Readable): Promise<number> {
  let count = 0;
  for await (const part of source) count += (part as Buffer).length;
  return count;
}

async function routerProcess(
  targetPort: number,
): Promise<{ port: number; peakMb(): number; rssMb(): number }> {
  const script = fileURLToPath(new URL('../support/router-child.ts', import.meta.url));
  const child = fork(script, [String(targetPort)]);
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const field = (name: string): number => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
  };
  return { port, peakMb: () => field('VmHWM'), rssMb: () => field('VmRSS') };
}

describe.runIf(process.platform === 'linux')('a stream', () => {
  it('goes up and down with flat memory, also to who is slow', async () => {
    const target = await targetServer(async (incoming, response) => {
      if (incoming.method === 'POST') response.end(String(await countBytes(incoming)));
      else bytes(size).pipe(response);
    });
    const router = await routerProcess(target.port);
    const ask = async (method: string, body: Readable | null): Promise<IncomingMessage> => {
      const outgoing = request({
        port: router.port,
        host: '127.0.0.1',
        method,
        headers: { host: 'app.localhost' },
      });
      if (body) body.pipe(outgoing);
      else outgoing.end();
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      return incoming;
    };
    await countBytes(await ask('POST', bytes(10_000_000)));
    const before = router.rssMb();
    const startedAt = performance.now();
    const up = await ask('POST', bytes(size));
    expect(String(await up.toArray())).toBe(String(size));
    expect(await countBytes(await ask('GET', null))).toBe(size);
    const tookS = (performance.now() - startedAt) / 1000;
    const slow = await ask('GET', null);
    let read = 0;
    for await (const part of slow) {
      read += (part as Buffer).length;
      // Gives the router time to read ahead, if it would.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBe(size);
    const grewMb = router.peakMb() - before;
    console.log(
      `${size / 1_000_000} MB up and as many down in ${tookS.toFixed(1)} s, and again to who is slow; the router grew from ${Math.round(before)} MB by ${Math.round(grewMb)} MB at most`,
    );
    expect(grewMb).toBeLessThan(growthMb);
  });
});
