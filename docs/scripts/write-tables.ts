import { readFileSync, writeFileSync } from 'node:fs';

import { withContractTable } from './contract-table.ts';
import { hookChecks } from './hook-checks.ts';

for (const hook of Object.keys(hookChecks)) {
  const file = new URL(`../hooks/${hook}.md`, import.meta.url);
  writeFileSync(file, withContractTable(readFileSync(file, 'utf8'), hook));
}
