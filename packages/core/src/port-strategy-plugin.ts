export interface PortRequest {
  /** The one port that will do; a strategy that cannot give it rejects. */
  port?: number;
  /** With `port`: a server of the owner has it already (an earlier runner started it), so its socket is not free. */
  held?: boolean;
  /** Ports that were tried and turned out to be taken. */
  exclude: readonly number[];
  /** For whom: shown to people who look at leases. */
  owner: string;
}

/** A port that is ours until `release`. */
export interface PortLease {
  readonly port: number;
  /** The address a server should bind: `127.0.0.1`. */
  readonly host: string;
  /** Variables the strategy needs the server to have; usually none. */
  readonly env: Readonly<Record<string, string>>;
  /** Gives the port back. A second call does nothing. */
  release(): Promise<void>;
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
