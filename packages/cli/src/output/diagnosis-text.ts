import { styleText } from 'node:util';

import type { DiagnosedPlugin, Diagnosis, Finding } from '@project-runner/runner';

import type { CliIo } from '../cli-io.ts';
import { isColorful } from './is-colorful.ts';

const styles = { ok: 'green', warning: 'yellow', problem: 'red' } as const;
const width = { level: 'problem'.length, check: 'package-manager'.length };

/** A diagnosis for people. */
export function diagnosisText(
  { findings, plugins, removed }: Diagnosis,
  io: Pick<CliIo, 'stdout' | 'env'>,
): string {
  const paint = (level: Finding['level'], text: string): string =>
    isColorful(io.stdout, io.env) ? styleText(styles[level], text, { validateStream: false }) : text;
  const lines = findings.flatMap(({ check, level, message, hint }) => [
    `${paint(level, level.padEnd(width.level))}  ${check.padEnd(width.check)}  ${message}`,
    ...(hint === null ? [] : [`${' '.repeat(width.level + width.check + 4)}hint: ${hint}`]),
  ]);
  const parts = [
    lines.join('\n'),
    ...(plugins.length === 0 ? [] : [`Plugins:\n${plugins.map(pluginLine).join('\n')}`]),
    ...(removed.length === 0 ? [] : [`Left out: ${removed.join(', ')}`]),
    summary(findings),
  ];
  return parts.join('\n\n');
}

function pluginLine({
  key,
  apiVersion,
  from,
  source,
  wrapped,
  overrides,
  overriddenBy,
}: DiagnosedPlugin): string {
  const notes = [
    from === 'configuration' ? 'of the configuration' : null,
    wrapped ? 'wrapped by the configuration' : null,
    overrides.length > 0
      ? `in place of ${overrides.map((other) => (other === key ? "the preset's" : other)).join(', ')}`
      : null,
    overriddenBy === null ? null : `not used: ${overriddenBy} is in its place`,
  ].filter((note) => note !== null);
  const name = source?.packageName ?? null;
  const where =
    name === null ? (source?.file ?? 'unknown') : `${name} ${source?.packageVersion ?? ''}`.trim();
  const path = source === null ? '' : ` (${from === 'configuration' ? source.file : source.packageDir})`;
  return `  ${key}, api ${apiVersion}, ${where}${path}${notes.length === 0 ? '' : `: ${notes.join('; ')}`}`;
}

function summary(findings: readonly Finding[]): string {
  const count = (wanted: Finding['level']): number => findings.filter(({ level }) => level === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems === 0 && warnings === 0) return 'All is well.';
  return `${problems} ${problems === 1 ? 'problem' : 'problems'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`;
}
