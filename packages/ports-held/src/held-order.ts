/** What a server that inherits a socket is told, as JSON in this variable. */
export const heldVariable = 'PROJECT_RUNNER_HELD';

export interface HeldOrder {
  /** The descriptor, as the server has it; the next one is the same socket. */
  fd: number;
  /** Of the socket, so that no other descriptor of that number is taken for it. */
  inode: number;
  /** The port that the server is expected to ask for. */
  port: number;
  /** Where it is to answer, too. */
  socketPath: string;
  /** It accepts nothing before somebody connects to `activationPath`. */
  standby: boolean;
  /** From SIGTERM until open requests are given up, in ms. */
  drainMs: number;
}

/** What the server answers there. */
export const activated = 'active';

export function activationPath({ socketPath }: Pick<HeldOrder, 'socketPath'>): string {
  return `${socketPath}.go`;
}
