import { testLogSink } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { logsFile } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'logs-'));

describe('conformance', () => {
  testLogSink(it, { create: () => logsFile({ dir }), read: true });
});
