import { readFileSync } from 'node:fs';

import { pluginKinds } from './plugin-kinds.ts';
import type { TemplateKind } from './plugin-kinds.ts';
import type { TemplateFields } from './render-template.ts';

/** What the plugins are built and tested with; a test compares it with what this project itself uses. */
export const tools = {
  '@changesets/cli': '^3.0.3',
  '@types/node': '^24.19.2',
  typescript: '^6.0.3',
  vitest: '^5.1.1',
};

/** The package.json of a plugin. */
export function pluginManifest(kind: TemplateKind, fields: TemplateFields): string {
  const ranges = ownRanges();
  const range = (name: string): [string, string] => [name, ranges[name] ?? '*'];
  const { needs } = pluginKinds[kind];
  const core = Object.fromEntries([range('@project-runner/core')]);
  const manifest = {
    name: fields.packageName,
    version: '0.0.0',
    description: fields.description,
    keywords: ['project-runner-plugin'],
    license: fields.license,
    author: fields.author,
    files: ['dist'],
    type: 'module',
    sideEffects: false,
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    publishConfig: { access: 'public' },
    scripts: {
      build: 'tsc -p tsconfig.build.json',
      prepack: 'npm run build',
      test: 'vitest run',
      types: 'tsc --noEmit',
    },
    ...(needs.length > 0 && { dependencies: Object.fromEntries(needs.map(range)) }),
    // One core for the runner and all plugins: its types and its error class are shared.
    peerDependencies: core,
    devDependencies: { ...Object.fromEntries([range('@project-runner/conformance')]), ...core, ...tools },
    engines: { node: '>=22.13' },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Ranges of the packages that this one was published with. */
function ownRanges(): Readonly<Record<string, string>> {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { devDependencies } = JSON.parse(text) as { devDependencies: Record<string, string> };
  // In its own repository there are no versions yet.
  return Object.fromEntries(
    Object.entries(devDependencies).map(([name, range]) => [
      name,
      range.startsWith('workspace:') ? '*' : range,
    ]),
  );
}
