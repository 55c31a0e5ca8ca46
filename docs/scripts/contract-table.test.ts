import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { contractTable, withContractTable } from './contract-table.ts';
import { hookChecks } from './hook-checks.ts';

it.each(Object.keys(hookChecks))(
  'the page of %s has the table of its suite (else: pnpm docs:tables)',
  (hook) => {
    const page = readFileSync(new URL(`../hooks/${hook}.md`, import.meta.url), 'utf8');
    expect(page).toBe(withContractTable(page, hook));
  },
);

it('says what stands in the way', () => {
  expect(() => contractTable('nothing')).toThrow(/no checks of nothing/);
  expect(() => withContractTable('# A page', 'launcher')).toThrow(/page of launcher has no <!-- contract/);
});
