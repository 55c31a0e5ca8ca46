import { callPlugin } from '@project-runner/core';
import type { HeldStart, PluginSet, PortLease } from '@project-runner/core';

import { deployCancelled } from './deploy-cancelled.ts';
import { privateSocket } from './private-socket.ts';
import type { StoredLaunch } from './server-state.ts';
import { socketPlaces } from './socket-places.ts';

/** Of a server that inherits the socket of its port. */
export interface HeldServerStart extends HeldStart {
  /** For the launcher. */
  inherit: readonly number[];
  /** Where exactly this server answers. */
  socketPath: string;
  /** When the server is gone, or could not be launched. Never throws; a second call does nothing. */
  remove(): void;
}

export interface HeldStartOptions {
  serverId: string;
  plugins: PluginSet;
  launch: Pick<StoredLaunch, 'takesSocket'>;
  run: number;
  dir: string | undefined;
  /** Where folders of sockets may be, if their path is too long in `dir`. */
  socketsDir: string | undefined;
  /** Its deployment may have another server that serves. */
  standby: boolean;
}

/** The first descriptor after those that every process has. */
const firstInherited = 3;

/** A server can be given a socket: Node runs it, and the launcher passes descriptors on. */
export function canInherit(
  plugins: PluginSet,
  { takesSocket = false }: Pick<StoredLaunch, 'takesSocket'>,
): boolean {
  return takesSocket && plugins.one('launcher').inherits === true;
}

export function socketName(serverId: string, run: number): string {
  return `${serverId}.${run}`;
}

/** `null`: the server binds its port by itself. */
export function heldStart(
  lease: PortLease,
  { serverId, plugins, launch, run, dir, socketsDir, standby }: HeldStartOptions,
): HeldServerStart | null {
  if (!lease.hold || !canInherit(plugins, launch)) return null;
  const socket = privateSocket(dir, socketName(serverId, run), socketPlaces(socketsDir));
  if (!socket) return null;
  try {
    const start = prepared(lease, socket.path, { plugins, standby });
    if (start) return { ...start, socketPath: socket.path, remove: socket.remove };
  } catch (error) {
    socket.remove();
    throw error;
  }
  socket.remove();
  return null;
}

function prepared(
  lease: PortLease,
  socketPath: string,
  { plugins, standby }: Pick<HeldStartOptions, 'plugins' | 'standby'>,
): (HeldStart & Pick<HeldServerStart, 'inherit'>) | null {
  const strategy = plugins.one('port-strategy');
  return callPlugin(strategy, 'hold', () => {
    const held = lease.hold?.() ?? null;
    if (!held) return null;
    const start = held.prepare({ fd: firstInherited, socketPath, standby });
    return {
      args: start.args,
      env: start.env,
      async activate(signal) {
        try {
          await callPlugin(strategy, 'activate', () => start.activate(signal));
        } catch (error) {
          throw signal.aborted ? deployCancelled(signal.reason) : error;
        }
      },
      inherit: held.fds,
    };
  });
}
