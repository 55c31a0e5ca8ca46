import { hookChecks } from './hook-checks.ts';

const start = '<!-- contract: written by pnpm docs:tables -->';
const end = '<!-- /contract -->';

/** The table of a hook: each member with what the suite proves of it. */
export function contractTable(hook: string): string {
  const rows = new Map<string, string[]>();
  for (const check of hookChecks[hook] ?? []) {
    const [, member = '', rule = ''] = /^([^:]+): ([^]*)$/.exec(check) ?? [];
    if (rule === '')
      throw new Error(`The check ${JSON.stringify(check)} of ${hook} does not begin with a member`);
    rows.set(member, [...(rows.get(member) ?? []), rule.replaceAll('|', '\\|')]);
  }
  if (rows.size === 0) throw new Error(`There are no checks of ${hook}`);
  const lines = [...rows].map(([member, rules]) => `| \`${member}\` | ${rules.join('<br>')} |`);
  return ['| member | what the suite proves |', '| --- | --- |', ...lines].join('\n');
}

/**
 * A page with its table as it has to be now.
 * @throws Error where the page has no place for it
 */
export function withContractTable(page: string, hook: string): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`The page of ${hook} has no ${start} … ${end}`);
  return `${page.slice(0, from)}${start}\n\n${contractTable(hook)}\n\n${page.slice(to)}`;
}
