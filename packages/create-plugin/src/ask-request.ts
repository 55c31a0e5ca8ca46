import type { Readable, Writable } from 'node:stream';

import { isCancel, select, text } from '@clack/prompts';

import { pluginKinds } from './plugin-kinds.ts';
import type { TemplateKind } from './plugin-kinds.ts';
import { nameProblem, namesOf, shortName } from './plugin-name.ts';
import type { PluginRequest } from './plugin-request.ts';

export interface Terminal {
  input: Readable;
  output: Writable;
}

/** Asks for what is not known yet; `null` when the user gives up. */
export async function askRequest(
  known: Partial<PluginRequest>,
  terminal: Terminal,
): Promise<PluginRequest | null> {
  const kind = known.kind ?? (await askKind(terminal));
  if (kind === null) return null;
  const name = known.name ?? (await askName(kind, terminal));
  if (name === null) return null;
  return { ...known, kind, name: shortName(kind, name) };
}

async function askKind(terminal: Terminal): Promise<TemplateKind | null> {
  const options = Object.entries(pluginKinds).map(([value, { title }]) => ({
    value: value as TemplateKind,
    label: value,
    hint: title,
  }));
  const answer = await select({ ...terminal, message: 'What kind of plugin?', options });
  return isCancel(answer) ? null : answer;
}

async function askName(kind: TemplateKind, terminal: Terminal): Promise<string | null> {
  const answer = await text({
    ...terminal,
    message: `Its name? (the package will be ${namesOf(kind, '…').packageName})`,
    placeholder: 'open-telemetry',
    validate: (value = '') => nameProblem(shortName(kind, value)),
  });
  return isCancel(answer) ? null : answer;
}
