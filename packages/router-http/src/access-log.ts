import type { Logger } from '@project-runner/core';

import type { AccessLogEntry } from './access-log-entry.ts';
import type { AccessLogReceiver } from './router-http-options.ts';
import { SinkLog } from './sink-log.ts';

/** Tells each request to everybody who wants to know. Never throws: what fails is for the logger. */
export interface AccessLog {
  write(entry: AccessLogEntry): void;
  /** No more of this deployment for now. */
  forget(deploymentId: string): void;
  close(): Promise<void>;
}

export function createAccessLog(receivers: readonly AccessLogReceiver[], logger: Logger): AccessLog {
  const callbacks = receivers.filter((receiver) => typeof receiver === 'function');
  const sinks = receivers
    .filter((receiver) => typeof receiver !== 'function')
    .map((sink) => new SinkLog(sink, logger));
  return {
    write(entry) {
      for (const callback of callbacks) {
        try {
          callback(entry);
        } catch (error) {
          logger.error('The access log callback failed', error);
        }
      }
      for (const sink of sinks) sink.write(entry);
    },
    forget(deploymentId) {
      for (const sink of sinks) sink.forget(deploymentId);
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
