import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import type { LauncherPlugin } from '@project-runner/core';

import { withLauncher } from './launch-node.ts';
import type { It } from './suite.ts';

/** Two descriptors, and an IPC channel that must not take the place of one. */
const writesToBoth = `
  const { writeSync } = require("node:fs");
  writeSync(3, "first");
  writeSync(4, "second");
  process.send?.("sent");`;

/** For a launcher that says that it passes descriptors on. */
export function testLauncherInherit(it: It, create: () => LauncherPlugin, folder = false): void {
  it(`launch: descriptors of inherit arrive as 3 and 4${folder ? ', with a folder' : ''}`, async () => {
    if (!create().inherits) return;
    const dir = mkdtempSync(join(tmpdir(), 'conformance-'));
    const files = [join(dir, 'first'), join(dir, 'second')];
    const inherit = files.map((file) => openSync(file, 'w'));
    try {
      await withLauncher({ create, folder }, async (launch) => {
        const launched = await launch(writesToBoth, { inherit, ipc: true });
        await launched.closed();
        const found = files.map((file) => readFileSync(file, 'utf8'));
        assert.deepEqual(
          found,
          ['first', 'second'],
          `launch must give the process the descriptors of inherit as 3 and 4: it wrote "first" and "second", found ${inspect(found)}; it said ${inspect(launched.output())}`,
        );
      });
    } finally {
      for (const fd of inherit) closeSync(fd);
      rmSync(dir, { recursive: true });
    }
  });
}
