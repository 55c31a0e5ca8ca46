import { Agent, request as requestPlain } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';

import { onTestFinished } from 'vitest';

export interface LoadOptions {
  port: number;
  /** Clients that keep their connection. @default 10 */
  kept?: number;
  /** Clients that open a connection for each request. @default 10 */
  fresh?: number;
  isSecure?: boolean;
}

export interface LoadResult {
  answered: number;
  /** Codes of what failed, statuses that are not 200 included. */
  failed: string[];
  /** Bodies that came, and how often. */
  bodies: Map<string, number>;
}

export interface Load {
  readonly result: LoadResult;
  /** Resolves when so many more were answered. */
  answers(count: number): Promise<void>;
  /** Waits for the open requests. */
  end(): Promise<LoadResult>;
}

/** Clients that send one request after the other. */
export function putLoad({ port, kept = 10, fresh = 10, isSecure = false }: LoadOptions): Load {
  const result: LoadResult = { answered: 0, failed: [], bodies: new Map() };
  const request = isSecure ? requestSecure : requestPlain;
  const over = new AbortController();
  let waiting: { until: number; resolve(): void }[] = [];
  const answer = (body: string): void => {
    result.answered += 1;
    result.bodies.set(body, (result.bodies.get(body) ?? 0) + 1);
    for (const each of waiting.filter(({ until }) => until <= result.answered)) each.resolve();
    waiting = waiting.filter(({ until }) => until > result.answered);
  };
  const once = (agent: Agent | false): Promise<void> =>
    new Promise((resolve) => {
      const fail = (what: string): void => {
        result.failed.push(what);
        resolve();
      };
      const sent = request({ host: '127.0.0.1', port, agent, rejectUnauthorized: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('error', (error) => fail(`response ${error.message}`));
        response.once('end', () => {
          if (response.statusCode === 200) answer(body);
          else result.failed.push(`status ${response.statusCode}`);
          resolve();
        });
      });
      sent.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      sent.end();
    });
  const agents: Agent[] = [];
  const client = async (isKept: boolean): Promise<void> => {
    const agent = isKept && new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: 1 });
    if (agent) agents.push(agent);
    while (!over.signal.aborted) await once(agent);
  };
  const clients = [
    ...Array.from({ length: kept }, () => client(true)),
    ...Array.from({ length: fresh }, () => client(false)),
  ];
  const end = async (): Promise<LoadResult> => {
    over.abort();
    await Promise.all(clients);
    for (const agent of agents) agent.destroy();
    return result;
  };
  onTestFinished(() => void end());
  return {
    result,
    end,
    answers: (count) => new Promise((resolve) => waiting.push({ until: result.answered + count, resolve })),
  };
}
