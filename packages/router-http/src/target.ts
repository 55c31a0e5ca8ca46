import { Agent, request } from 'node:http';
import type { ClientRequest } from 'node:http';

export interface TargetRequest {
  method: string;
  path: string;
  /** Names and values in turn, as they go onto the wire. */
  headers: readonly string[];
}

/** Servers may send larger headers than clients: they are ours. */
const maxHeaderSize = 65_536;
/** Shorter than the 5 s after which Node and other servers close an idle connection, so that we are first. */
const idleMs = 4000;

/** A server, and the connections to it that are kept open. */
export class Target {
  readonly host: string;
  readonly port: number;
  readonly #agent = new Agent({ keepAlive: true, timeout: idleMs });

  #unanswered = 0;
  readonly #whenSettled: (() => void)[] = [];

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  request(asked: TargetRequest): ClientRequest {
    return this.#request(asked, this.#agent);
  }

  /** On a connection of its own, which is not used again. */
  requestApart(asked: TargetRequest): ClientRequest {
    return this.#request(asked, false);
  }

  /** Closes idle connections now and the others when their request is over. */
  retire(): void {
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  /**
   * Resolves when no request waits for the head of its response, or after the time. A server that is told to stop closes
   * idle connections, and one on which a request is yet to be read is idle to it.
   */
  async settled(timeoutMs: number): Promise<void> {
    if (this.#unanswered === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#whenSettled.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #request({ method, path, headers }: TargetRequest, agent: Agent | false): ClientRequest {
    const { host, port } = this;
    const outgoing = request({ agent, host, port, method, path, headers, maxHeaderSize });
    this.#unanswered += 1;
    let waits = true;
    const answered = (): void => {
      if (!waits) return;
      waits = false;
      this.#unanswered -= 1;
      if (this.#unanswered > 0) return;
      for (const tell of this.#whenSettled.splice(0)) tell();
    };
    outgoing.once('response', answered);
    outgoing.once('close', answered);
    return outgoing;
  }
}
