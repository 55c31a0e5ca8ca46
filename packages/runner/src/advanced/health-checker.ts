import { setTimeout as delay } from 'node:timers/promises';

import { callPlugin, ProjectRunnerError } from '@project-runner/core';
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

  /**
   * Looks once; settles within `timeoutMs`, whatever the probe does.
   * @throws ProjectRunnerError `PLUGIN_FAILED` where the probe itself breaks
   */
  async check(host: string, port: number): Promise<ProbeResult> {
    const { endpoint: path, timeoutMs } = this.#config;
    const limit = new AbortController();
    const answered = new AbortController();
    // A timer that holds the process: that of `AbortSignal.timeout` lets it exit in the middle of a look.
    const late = delay(timeoutMs, undefined, { signal: answered.signal }).then(
      (): ProbeResult => {
        limit.abort();
        return { healthy: false, message: `Health check failed: no answer within ${timeoutMs} ms` };
      },
      (): ProbeResult => ({ healthy: false }),
    );
    try {
      const look = callPlugin(this.#probe, 'check', () =>
        this.#probe.check({ host, port, path }, limit.signal),
      );
      return await Promise.race([look, late]);
    } finally {
      answered.abort();
    }
  }

  /**
   * Looks until the server is well, at most `maxRetries` times, `retryIntervalMs` apart.
   * @throws ProjectRunnerError `SERVER_NOT_READY`, or `PLUGIN_FAILED` where the probe itself breaks
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
