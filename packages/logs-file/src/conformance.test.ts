import { testLogSink } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { logsFile } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'logs-'));

describe('conformance', () => {
  testLogSink(it, {
    create: () => logsFile({ dir }),
    read: true,
    unwritable() {
      const root = mkdtempSync(join(dir, 'broken-'));
      const logs = join(root, 'logs');
      return {
        sink: logsFile({ dir: logs }),
        // No folder can be made there any more.
        break() {
          rmSync(logs, { recursive: true, force: true });
          writeFileSync(logs, '');
        },
      };
    },
  });
});
