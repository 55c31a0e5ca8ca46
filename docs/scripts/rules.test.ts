import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { hookChecks } from './hook-checks.ts';
import { readSections, ruleProblems } from './rule-problems.ts';
import { ruleSections } from './rule-sections.ts';

describe('the rules of writing-a-plugin.md', () => {
  it('each have a check that proves them, or a reason why not; and each check proves one', () => {
    const document = readFileSync(new URL('../writing-a-plugin.md', import.meta.url), 'utf8');
    const sections = readSections(document);
    expect(ruleProblems({ sections, rules: ruleSections, checks: hookChecks })).toEqual([]);
  });
});

describe('ruleProblems', () => {
  const sections = readSections('# Doc\n\nHello.\n\n## `a`\n\nPure.\n\n- One\n  rule. Another.\n');
  const rules = {
    '`a`': [
      { text: 'Pure. One rule.', checks: ['a: one'] },
      { text: 'Another.', unproved: 'The runner does this' },
    ],
  };
  const checks = { a: ['a: one', 'a: one, with a folder'] };
  const two = {
    sections: { '`a`': 'Pure.', '`b`': '' },
    rules: { '`a`': [{ text: 'Pure.', checks: ['pure'] }] },
  };

  it('finds nothing where each word of a section is a rule with its checks', () => {
    expect(ruleProblems({ sections, rules, checks })).toEqual([]);
  });

  it.each([
    [
      'a rule was changed',
      { sections: { '`a`': 'Pure. One rule! Another.' } },
      /goes on with "Pure\. One rule! A.*say there which/,
    ],
    [
      'a rule was added',
      { sections: { '`a`': 'Pure. One rule. Another. New.' } },
      /goes on with "New\.", the rules with "nothing/,
    ],
    [
      'a section was added',
      { sections: { ...sections, b: 'New.' } },
      /Under "b" the document goes on with "New\."/,
    ],
    [
      'a section was removed',
      { sections: {} },
      /Under "`a`" the document goes on with "", the rules with "Pure/,
    ],
    ['a check was added', { checks: { a: ['a: one', 'a: two'] } }, /The check "a: two" of a proves no rule/],
    [
      'a check proves a rule of another kind only',
      { ...two, checks: { a: ['pure'], b: ['pure'] } },
      /"pure" of b proves no/,
    ],
    [
      'a rule is proved for another kind only',
      { ...two, checks: { a: [], b: [] } },
      /by the check "pure", which its suite/,
    ],
    [
      'a check was removed',
      { checks: { a: [] } },
      /proved by the check "a: one", which its suite does not have/,
    ],
    [
      'a rule has no check',
      { sections: { b: 'New.' }, rules: { b: [{ text: 'New.', checks: [] }] }, checks: {} },
      /"New\." has no check: write one, or say why/,
    ],
    [
      'nothing says why',
      { sections: { b: 'New.' }, rules: { b: [{ text: 'New.', unproved: '' }] }, checks: {} },
      /"New\." is not proved, and nothing says why/,
    ],
  ])('tells that %s', (_, changes, message) => {
    expect(ruleProblems({ sections, rules, checks, ...changes })).toEqual([expect.stringMatching(message)]);
  });
});
