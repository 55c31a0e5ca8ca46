import { expect, it } from 'vitest';

import { createSecretMask } from './secret-mask.ts';
import { secretValues } from './secret-values.ts';

it('warns of a secret that is too short to be masked, once a logger and by its name only', () => {
  const logged: unknown[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (...args: unknown[]) => void logged.push(args) };
  const env = { PIN: '7Q3', PADDED: ' 7Q3\n', KEY: 'a-long-one', EMPTY: '', PEM: '--\nlong enough\n}' };
  const names = ['PIN', 'PADDED', 'KEY', 'EMPTY', 'PEM', 'MISSING'];
  const values = secretValues(names, env, logger);
  expect(values).toEqual(Object.values(env));
  secretValues(names, env, logger);
  expect(logged).toHaveLength(2);
  expect(JSON.stringify(logged)).toContain('The secret PIN is not masked in logs');
  expect(JSON.stringify(logged)).toContain('The secret PADDED is not masked in logs');
  expect(JSON.stringify(logged)).not.toContain('7Q3');
  secretValues(['PIN'], env, { ...logger });
  expect(logged).toHaveLength(3);
  // It is as it says.
  const bytes = Buffer.from('7Q3 a-long-one');
  createSecretMask(values).apply(bytes);
  expect(bytes.toString()).toBe('7Q3 **********');
});
