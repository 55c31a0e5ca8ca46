export interface PortRequest {
  /** The one port that will do; a strategy that cannot give it rejects. */
  port?: number;
  /** With `port`: a server of the owner has it already (an earlier runner started it), so its socket is not free. */
  held?: boolean;
  /** Ports that were tried and turned out to be taken. */
  exclude: readonly number[];
  /** For whom: shown to people who look at leases. */
  owner: string;
  /** Whose server it is, where there is one: for a strategy that gives some deployments ports of their own. */
  deploymentId?: string;
  projectId?: string;
  /**
   * The servers of one key may be on one port at the same time, where a strategy can hold its socket for them. Only asked
   * for servers that can inherit a socket.
   */
  share?: string;
}

/** A port that is ours until `release`. */
export interface PortLease {
  readonly port: number;
  /** The address a server should bind: `127.0.0.1`. */
  readonly host: string;
  /** Variables the strategy needs the server to have; usually none. */
  readonly env: Readonly<Record<string, string>>;
  /** All of its ports, where there are more than `port`: a server that finds one of them taken gets another lease. */
  readonly ports?: readonly number[];
  /** Asked before a server is started again on the ports that it had; where they are not free it gets another lease. */
  isFree?(): Promise<boolean>;
  /**
   * The socket of the port, held by this process for servers to inherit; `null` where it cannot be held now, so that the
   * server has to bind the port by itself. Asked before each start of a server, and only where the request had `share`.
   */
  hold?(): HeldSocket | null;
  /** Gives the port back. A second call does nothing. */
  release(): Promise<void>;
}

/** A socket that is bound and kept open, whoever of its servers comes and goes. */
export interface HeldSocket {
  /** Descriptors of this process, for the launcher to pass on in this order. */
  readonly fds: readonly number[];
  /** What makes a Node server take it. */
  prepare(server: HeldServer): HeldStart;
}

export interface HeldServer {
  /** The first of the descriptors as the server has it. */
  fd: number;
  /** Where the server is to answer, too, by itself: a path for a unix socket that is not there yet, in a private folder. */
  socketPath: string;
  /** It accepts no connection on the shared socket before `activate`, if another server may be there. */
  standby: boolean;
}

export interface HeldStart {
  /** Of Node, before those of the server. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Once it is healthy: from now on it accepts connections. Rejects when it does not take the order. */
  activate(signal: AbortSignal): Promise<void>;
}

export interface PortStats {
  /** Ports leased through this object, ascending. */
  allocated: readonly number[];
  /** How many more it could give, as far as it knows. */
  available: number;
}

/** Leases ports. The runner asks again, with `exclude`, where a server finds its port taken. */
export interface PortStrategyPlugin {
  readonly kind: 'port-strategy';
  readonly name: string;
  readonly apiVersion: 1;
  /** @throws ProjectRunnerError `PORT_UNAVAILABLE`, `PORTS_EXHAUSTED` */
  acquire(request: PortRequest, signal: AbortSignal): Promise<PortLease>;
  stats?(): PortStats;
}
