import { testLogSink } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { logsFile } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'logs-'));

describe('conformance', () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  testLogSink(it, {
    create: () => logsFile({ dir }),
    read: true,
    // No folder can be made there.
    unwritable: () => logsFile({ dir: join(file, 'logs') }),
  });
});
