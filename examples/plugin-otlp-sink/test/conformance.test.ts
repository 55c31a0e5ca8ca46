import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { testLogSink } from '@project-runner/conformance';
import type { LogStreamName } from '@project-runner/core';

import { otlpSink } from '../src/index.ts';
import { startCollector } from './collector.ts';
import type { Collector } from './collector.ts';

describe('conformance', () => {
  let collector: Collector;
  before(async () => {
    collector = await startCollector();
  });
  after(() => collector.close());

  testLogSink(it, {
    create: () => otlpSink({ url: collector.url }),
    read: false,
    // Nobody listens there.
    unwritable: () => otlpSink({ url: 'http://127.0.0.1:1/v1/logs', timeoutMs: 200 }),
    received: ({ serverId }) =>
      collector
        .records()
        .filter(({ resource }) => resource['service.instance.id'] === serverId)
        .map(({ text, time, attributes }) => ({
          text,
          time: new Date(time),
          stream: attributes['log.iostream'] as LogStreamName,
          sequence: Number(attributes['project_runner.sequence']),
          partial: attributes['project_runner.partial'] === true,
        })),
  });

  it("sends nothing that OpenTelemetry's types do not take", () => {
    assert.deepEqual(collector.errors, []);
    assert.ok(collector.requests.length > 0);
  });
});
