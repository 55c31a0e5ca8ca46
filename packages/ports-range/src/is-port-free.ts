import getPort, { clearLockedPorts } from 'get-port';

/**
 * Whether nobody holds a port on any local address: one held on `::1` alone looks free on `127.0.0.1` and on `0.0.0.0`,
 * so get-port asks each. When the asked port is busy it answers another one instead of refusing.
 */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    return (await getPort({ port })) === port;
  } catch {
    // A privileged port is refused by the system, with an error that get-port passes on.
    return false;
  } finally {
    // It remembers what it answered for up to 30 s, so that a port given back would look busy; our leases do that better.
    clearLockedPorts();
  }
}
