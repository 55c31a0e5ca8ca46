import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { LocalProcessRunner } from '@project-runner/runner';
import { onTestFinished } from 'vitest';

import type { RunnerProcessConfig } from './runner-process.ts';

type Methods = {
  [
    Name in keyof LocalProcessRunner as LocalProcessRunner[Name] extends (...args: never[]) => unknown
      ? Name
      : never
  ]: LocalProcessRunner[Name];
};

export interface RunnerProcess {
  pid: number;
  /** Calls a method of the runner in its process; dates arrive as text. Rejects when the process is killed meanwhile. */
  call<Name extends keyof Methods>(
    name: Name,
    ...args: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>>;
  /** Warnings and errors it logged. */
  logs: string[];
  events: { event: string; data?: unknown }[];
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

const script = fileURLToPath(new URL('runner-process.ts', import.meta.url));

/** A runner in a process of its own that can be killed. Gone when the test ends; its servers are the test's to stop. */
export async function spawnRunner(config: RunnerProcessConfig): Promise<RunnerProcess> {
  const child = fork(script, [JSON.stringify(config)], { serialization: 'advanced' });
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  const logs: string[] = [];
  const events: RunnerProcess['events'] = [];
  const gone = once(child, 'exit');
  void gone.then(() => {
    for (const { reject } of pending.values()) reject(new Error('the runner was killed'));
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(kill);
  child.on('message', (message: Record<string, unknown>) => {
    if (typeof message.log === 'string') logs.push(message.log);
    if (typeof message.event === 'string') events.push(message as never);
    const call = typeof message.id === 'number' ? pending.get(message.id) : undefined;
    if (!call) return;
    pending.delete(message.id as number);
    const error = message.error as { message: string; code?: string } | undefined;
    if (error) call.reject(Object.assign(new Error(error.message), { code: error.code }));
    else call.resolve(message.result);
  });
  await once(child, 'message');
  let next = 0;
  return {
    pid: child.pid ?? 0,
    logs,
    events,
    kill,
    call(method, ...args) {
      const id = (next += 1);
      const call = Promise.withResolvers<unknown>();
      pending.set(id, call);
      child.send({ id, method, args }, (error) => error && call.reject(error));
      return call.promise as never;
    },
  };
}
