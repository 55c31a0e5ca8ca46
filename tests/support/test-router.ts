import { createRouterHttp } from '@project-runner/router-http';
import type { RouterHttp, RouterHttpOptions } from '@project-runner/router-http';
import type { RouteInfo } from '@project-runner/core';
import { onTestFinished } from 'vitest';

export interface TestRouter {
  router: RouterHttp;
  port: number;
  errors: string[];
  /** Leads `{subdomain}.localhost` to a port; the deployment has the same name. */
  lead(subdomain: string, port: number, host?: string): Promise<RouteInfo>;
}

/** A router at a free port, closed when the test ends. */
export async function testRouter(options: RouterHttpOptions = {}): Promise<TestRouter> {
  const errors: string[] = [];
  const note = (message: string): void => void errors.push(message);
  const router = createRouterHttp({
    port: 0,
    logger: { debug() {}, info() {}, warn: note, error: note },
    ...options,
  });
  onTestFinished(() => router.close({ graceMs: 0 }));
  const { port } = await router.listen();
  return {
    router,
    port,
    errors,
    lead: (subdomain, targetPort, targetHost = '127.0.0.1') =>
      router.registerRoute({
        deploymentId: subdomain,
        projectId: 'shop',
        subdomain,
        targetHost,
        targetPort,
      }),
  };
}
