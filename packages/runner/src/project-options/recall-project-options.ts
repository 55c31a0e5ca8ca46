import type { AllowedOptions } from './allow-options.ts';
import { checkProjectOptions } from './read-project-options.ts';
import type { ProjectOptions } from './read-project-options.ts';

export interface RecallOptions {
  allowed: readonly AllowedOptions[];
  /** Where they were kept, for the errors. */
  source: string;
  /** Makes the plugins. @throws where one refuses its options */
  tryOut(options: ProjectOptions): void;
}

export interface RecalledOptions {
  options: ProjectOptions;
  /** Why not, by `framework:node.entry`, or by plugin where it refused what was left. */
  refused: ReadonlyMap<string, unknown>;
}

/** Of options that were kept those that a project may still set: one that it may not does not cost the others. */
export function recallProjectOptions(kept: unknown, how: RecallOptions): RecalledOptions {
  const { allowed, source, tryOut } = how;
  const refused = new Map<string, unknown>();
  const accepts = (name: string, check: () => void): boolean => {
    try {
      check();
      return true;
    } catch (error) {
      refused.set(name, error);
      return false;
    }
  };
  let options: ProjectOptions = {};
  for (const [key, own] of entriesOf(kept)) {
    const fit = entriesOf(own).filter(([name, value]) =>
      accepts(`${key}.${name}`, () =>
        checkProjectOptions({ [key]: Object.fromEntries([[name, value]]) }, allowed, source),
      ),
    );
    if (fit.length === 0) continue;
    const more = { ...options, [key]: Object.fromEntries(fit) };
    if (accepts(key, () => tryOut(more))) options = more;
  }
  return { options, refused };
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
