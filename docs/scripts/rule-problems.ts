import type { Rule } from './rules/rule.ts';

/** The text of each section of a document, without what only arranges it. */
export function readSections(document: string): Readonly<Record<string, string>> {
  const sections = document.split(/^## /m).slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return [heading, asProse(lines.map((line) => line.replace(/^- /, '')).join('\n'))];
    }),
  );
}

function asProse(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

export interface RuleProblemsOptions {
  sections: Readonly<Record<string, string>>;
  rules: Readonly<Record<string, readonly Rule[]>>;
  /** Names of all checks, of each suite. */
  checks: Readonly<Record<string, readonly string[]>>;
}

/** Rules that nobody proves, checks that prove no rule, and rules that are written here in other words than there. */
export function ruleProblems({ sections, rules, checks }: RuleProblemsOptions): readonly string[] {
  const headings = [...new Set([...Object.keys(sections), ...Object.keys(rules)])];
  const every = Object.values(checks).flat();
  return [
    ...headings.flatMap((heading) => wordProblems(heading, sections[heading] ?? '', rules[heading] ?? [])),
    ...headings.flatMap((heading) => {
      const names = new Set(checks[kindOf(heading)] ?? every);
      return (rules[heading] ?? []).flatMap((rule) => checkProblems(rule, names));
    }),
    ...Object.entries(checks).flatMap(([kind, names]) => {
      const own = headings.filter((heading) => kindOf(heading) === kind || !(kindOf(heading) in checks));
      const proved = new Set(own.flatMap((heading) => rules[heading] ?? []).flatMap(checksOf));
      return names
        .filter((name) => !proved.has(name.replace(/, with a folder$/, '')))
        .map((name) => provesNone(kind, name));
    }),
  ];
}

/** A heading that is no kind is about all of them. */
function kindOf(heading: string): string {
  return heading.replaceAll('`', '');
}

function provesNone(kind: string, name: string): string {
  return `The check "${name}" of ${kind} proves no rule: write the rule, or name the check with the one it proves`;
}

function wordProblems(heading: string, section: string, rules: readonly Rule[]): readonly string[] {
  let rest = section;
  for (const { text } of rules) {
    if (!rest.startsWith(text)) return [different(heading, rest, text)];
    rest = rest.slice(text.length).trimStart();
  }
  return rest === '' ? [] : [different(heading, rest, 'nothing more')];
}

function different(heading: string, rest: string, text: string): string {
  return `Under "${heading}" the document goes on with "${rest.slice(0, 100)}", the rules with "${text.slice(0, 100)}": say there which checks prove what the document says`;
}

function checkProblems(rule: Rule, names: ReadonlySet<string>): readonly string[] {
  const { text } = rule;
  if ('unproved' in rule)
    return rule.unproved === '' ? [`"${text}" is not proved, and nothing says why`] : [];
  if (rule.checks.length === 0) return [`"${text}" has no check: write one, or say why there is none`];
  return rule.checks
    .filter((name) => !names.has(name))
    .map((name) => `"${text}" is to be proved by the check "${name}", which its suite does not have`);
}

function checksOf(rule: Rule): readonly string[] {
  return 'checks' in rule ? rule.checks : [];
}
