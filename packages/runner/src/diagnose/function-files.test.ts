import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { functionFiles } from './function-files.ts';

class Probe {
  look(): number {
    return 1;
  }
}

it('tells the file of functions, methods and arrows, and of nothing that is in none', async () => {
  const own = fileURLToPath(import.meta.url);
  const made = new Function('return 1') as () => unknown;
  const files = await functionFiles([() => 1, Probe.prototype.look, functionFiles, made, Math.max]);
  expect(files).toEqual([own, own, fileURLToPath(new URL('function-files.ts', import.meta.url)), null, null]);
  expect(Object.getOwnPropertySymbols(globalThis).map(String)).not.toContain(
    'Symbol(project-runner.function-files)',
  );
  // Two at once, as in a host.
  expect(await Promise.all([functionFiles([() => 2]), functionFiles([() => 3])])).toEqual([[own], [own]]);
});
