import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';
import { healthHttp } from '@project-runner/health-http';

import type { HealthCheckConfig } from '../config.ts';
import { resolveConfig } from '../resolve-config.ts';

/** Looks at servers over HTTP, for people who build their own runner. A thin face on a health probe. */
export class HealthChecker {
  readonly #config: Required<HealthCheckConfig>;
  readonly #probe: HealthProbePlugin;

  /** @throws ProjectRunnerError `CONFIG_INVALID` */
  constructor(config: HealthCheckConfig = {}, probe?: HealthProbePlugin) {
    this.#config = resolveConfig({ healthCheck: config }).healthCheck;
    this.#probe = probe ?? healthHttp({ timeoutMs: this.#config.timeoutMs });
  }

  /** Looks once. */
  check(host: string, port: number): Promise<ProbeResult> {
    const { endpoint: path, timeoutMs } = this.#config;
    return this.#probe.check({ host, port, path }, AbortSignal.timeout(timeoutMs));
  }

  /**
   * Looks until the server is well, at most `maxRetries` times, `retryIntervalMs` apart.
   * @throws ProjectRunnerError `SERVER_NOT_READY`
   */
  async waitForHealthy(host: string, port: number): Promise<void> {
    const { maxRetries, retryIntervalMs } = this.#config;
    let last: ProbeResult = { healthy: false };
    for (let attempt = 1; attempt <= maxRetries; attempt += 1) {
      last = await this.check(host, port);
      if (last.healthy) return;
      if (attempt < maxRetries) await delay(retryIntervalMs);
    }
    throw new ProjectRunnerError(
      'SERVER_NOT_READY',
      `The server at ${host}:${port} was not healthy after ${maxRetries} looks; last: ${last.message ?? 'unhealthy'}`,
    );
  }
}
