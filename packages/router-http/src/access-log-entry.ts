/** One request, when it is over. */
export interface AccessLogEntry {
  /** When its headers had come. */
  time: Date;
  /** `null` where no route was found. */
  deploymentId: string | null;
  projectId: string | null;
  clientAddress: string;
  method: string;
  /** As asked for, in lower case and without a port. */
  host: string;
  /** Without its query, which may hold secrets. */
  path: string;
  /** `null` where the client went before there was one. */
  status: number | null;
  /** Body bytes to the client; of a WebSocket all bytes. */
  bytesSent: number;
  /** Body bytes from the client; of a WebSocket all bytes. */
  bytesReceived: number;
  /** To the head of the response, in ms; `null` where there was none. */
  latencyMs: number | null;
  /** To the end, in ms. */
  durationMs: number;
  /** Of that: spent waiting for a server to be there, in ms. */
  heldMs: number;
  outcome: RequestOutcome;
}

/**
 * `completed`: the client has a whole response, whatever its status. `client-gone`: it left before. `target-gone`: the
 * target's connection broke in the middle of the response, and so did the client's. `cut`: the router closed, or a
 * limit was passed.
 */
export type RequestOutcome = 'completed' | 'client-gone' | 'target-gone' | 'cut';
