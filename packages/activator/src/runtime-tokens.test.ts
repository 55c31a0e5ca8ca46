import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { deriveRuntimeToken, webhookTokenId } from './runtime-tokens.ts';

it('is the same for the same id in one process, and another in each other process', () => {
  const token = deriveRuntimeToken('shop');
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(deriveRuntimeToken('shop')).toBe(token);
  expect(deriveRuntimeToken('other')).not.toBe(token);
  expect(deriveRuntimeToken(webhookTokenId('shop'))).not.toBe(token);
  const file = fileURLToPath(new URL('runtime-tokens.ts', import.meta.url));
  const script = `import { deriveRuntimeToken } from ${JSON.stringify(file)}; process.stdout.write(deriveRuntimeToken('shop'));`;
  const theirs = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(theirs).toMatch(/^[0-9a-f]{64}$/);
  expect(theirs).not.toBe(token);
});
