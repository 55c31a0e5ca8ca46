import { testPortStrategy } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { portsRange } from './index.ts';

const leaseDir = mkdtempSync(join(tmpdir(), 'leases-'));

describe('conformance', () => {
  testPortStrategy(it, { create: () => portsRange({ start: 22_000, end: 22_040, leaseDir }) });

  describe('of two ports', () => {
    testPortStrategy(it, { create: () => portsRange({ start: 22_042, end: 22_043, leaseDir }), ports: 2 });
  });
});
