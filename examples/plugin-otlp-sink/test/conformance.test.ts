import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { testLogSink } from '@project-runner/conformance';

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
  });

  it("sends nothing that OpenTelemetry's types do not take", () => {
    assert.deepEqual(collector.errors, []);
    assert.ok(collector.requests.length > 0);
  });
});
