import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testPortStrategy } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { portsHeld } from './index.ts';

const leaseDir = mkdtempSync(join(tmpdir(), 'leases-'));

describe('conformance', () => {
  testPortStrategy(it, {
    create: () => portsHeld({ start: 22_520, end: 22_559, leaseDir }),
    // Descriptors cannot be inherited on Windows.
    holds: process.platform !== 'win32',
  });
});
