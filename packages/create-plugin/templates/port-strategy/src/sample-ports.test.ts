import { testPortStrategy } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { samplePorts } from './sample-ports.ts';

describe('conformance', () => {
  testPortStrategy(it, { create: samplePorts });
});

it('leases a port of the host that was chosen', async () => {
  const request = { exclude: [], owner: 'test' };
  const lease = await samplePorts({ host: '::1' }).acquire(request, new AbortController().signal);
  expect(lease.host).toBe('::1');
  await lease.release();
});
