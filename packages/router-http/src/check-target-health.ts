import type { RouteHealth } from './router-http.ts';
import type { Target } from './target.ts';

const timeoutMs = 5000;

/** Any answer below 500 is one of a server that works: not all have a page there. */
export function checkTargetHealth(target: Target, path: string): Promise<RouteHealth> {
  return new Promise((resolve) => {
    const where = `${target.host}:${target.port}${path}`;
    const timer = setTimeout(() => {
      resolve({ healthy: false, message: `${where} did not answer within ${timeoutMs} ms` });
      outgoing.destroy();
    }, timeoutMs);
    const outgoing = target.requestApart({
      method: 'GET',
      path,
      headers: [
        'Host',
        `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`,
        'Connection',
        'close',
      ],
    });
    outgoing.once('response', (incoming) => {
      const status = incoming.statusCode ?? 0;
      const healthy = status < 500;
      resolve(healthy ? { healthy } : { healthy, message: `${where} returned status ${status}` });
      incoming.destroy();
    });
    outgoing.once('error', (error) => resolve({ healthy: false, message: `${where}: ${error.message}` }));
    outgoing.once('close', () => clearTimeout(timer));
    outgoing.end();
  });
}
