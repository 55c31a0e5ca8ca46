import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { License } from './plugin-request.ts';
import type { TemplateKind } from './plugin-kinds.ts';

const templates = fileURLToPath(new URL('../templates', import.meta.url));

/** Texts of the files of a plugin by their paths, with `/`, as they stand in the templates. */
export function readTemplates(kind: TemplateKind, license: License): ReadonlyMap<string, string> {
  const files = new Map([...filesOf('common'), ...filesOf(kind)]);
  // npm leaves a .gitignore out of what it publishes.
  files.set('.gitignore', files.get('_gitignore') ?? '');
  files.delete('_gitignore');
  files.set('LICENSE', readFileSync(join(templates, 'licences', `${license}.txt`), 'utf8'));
  return files;
}

function filesOf(folder: string): [path: string, text: string][] {
  const dir = join(templates, folder);
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [
        file
          .slice(dir.length + 1)
          .split(sep)
          .join('/'),
        readFileSync(file, 'utf8'),
      ];
    });
}
