import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether the port accepts a connection right now. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** Looks every millisecond, which costs the server next to nothing. @throws Error after 30 s */
export async function untilAccepts(port: number, wanted = true): Promise<void> {
  const deadline = performance.now() + 30_000;
  while ((await accepts(port)) !== wanted) {
    if (performance.now() > deadline)
      throw new Error(`port ${port} ${wanted ? 'never' : 'still'} accepts after 30 s`);
    await delay(1);
  }
}
