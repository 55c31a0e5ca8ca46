// Every published package has a manifest of the same shape.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { hookVersions } from '../packages/core/src/hook-versions.ts';

const packagesDir = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages');

const keyOrder = [
  'name',
  'version',
  'description',
  'keywords',
  'license',
  'repository',
  'bin',
  'files',
  'type',
  'sideEffects',
  'exports',
  'publishConfig',
  'scripts',
  'dependencies',
  'devDependencies',
  'engines',
];
const pluginFolder = /^(pm|framework|ports|launcher|health|logs)-/;
const hooks = {
  pm: 'package-manager',
  framework: 'framework',
  ports: 'port-strategy',
  launcher: 'launcher',
  health: 'health-probe',
  logs: 'log-sink',
};

/** What is wrong with a manifest, a sentence each; nothing is what we want. */
export function manifestProblems(folder, manifest) {
  const problems = [];
  const expect = (condition, message) => condition || problems.push(`${folder}: ${message}`);
  const same = (key, value) =>
    expect(
      JSON.stringify(manifest[key]) === JSON.stringify(value),
      `${key} must be ${JSON.stringify(value)}, found ${JSON.stringify(manifest[key])}`,
    );
  for (const key of Object.keys(manifest)) expect(keyOrder.includes(key), `unknown key ${key}`);
  const sorted = keyOrder.filter((key) => key in manifest);
  const found = Object.keys(manifest).filter((key) => keyOrder.includes(key));
  expect(
    found.join() === sorted.join(),
    `keys must stand in the order ${sorted.join(', ')}; found ${found.join(', ')}`,
  );
  const isCreator = folder === 'create-plugin';
  // `npm create project-runner-plugin` runs the package of this name.
  same('name', isCreator ? 'create-project-runner-plugin' : `@project-runner/${folder}`);
  same('license', 'Apache-2.0');
  // Provenance is refused for a package that says it comes from elsewhere.
  same('repository', {
    type: 'git',
    url: 'git+https://github.com/project-runner/project-runner.git',
    directory: `packages/${folder}`,
  });
  same('type', 'module');
  same('sideEffects', false);
  same('files', isCreator ? ['dist', 'templates'] : ['dist']);
  same('engines', { node: '>=22.13' });
  same('scripts', { build: 'tsup' });
  same('exports', { '.': './src/index.ts', './package.json': './package.json' });
  const published = manifest.publishConfig ?? {};
  expect(published.access === 'public', 'publishConfig.access must be "public"');
  expect(
    published.exports?.['.']?.types === './dist/index.d.ts' &&
      published.exports?.['.']?.default === './dist/index.js',
    'publishConfig.exports must point at dist/index.d.ts and dist/index.js',
  );
  for (const [name, file] of Object.entries(manifest.bin ?? {})) {
    const built = file.replace(/^\.\/src\/(.*)\.ts$/, './dist/$1.js');
    expect(
      built !== file && published.bin?.[name] === built,
      `bin.${name} must be ./src/….ts, and publishConfig.bin.${name} the file built from it; found ${file} and ${published.bin?.[name]}`,
    );
  }
  expect(Boolean(manifest.description), 'description is missing');
  expect(manifest.keywords?.includes('project-runner'), 'keywords must name project-runner');
  if (pluginFolder.test(folder)) {
    expect(
      manifest.keywords?.includes('project-runner-plugin'),
      'a plugin must have the keyword project-runner-plugin',
    );
    expect(
      manifest.devDependencies?.['@project-runner/conformance'],
      'a plugin must be proved with @project-runner/conformance',
    );
  }
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    const internal = name.startsWith('@project-runner/');
    expect(
      !internal || range === 'workspace:^',
      `${name} must be "workspace:^", found ${JSON.stringify(range)}`,
    );
  }
  if (folder === 'core') expect(!manifest.dependencies, 'core must have no dependencies');
  return problems;
}

/** What a README must say of the versions that a plugin goes with, a line of its table; `null` for what is no plugin. */
export function compatibilityRow(folder, { version, engines }, oldestTypeScript) {
  const kind = hooks[pluginFolder.exec(folder)?.[1]];
  if (!kind) return null;
  const line = `${version.split('.')[0]}.x`;
  const typeScript = oldestTypeScript.split('.').slice(0, 2).join('.');
  const node = engines.node.replace('>=', '≥ ');
  return `| ${line} | ${kind} | ${hookVersions[kind].current} | ${line} | ${node} | ≥ ${typeScript} |`;
}

function checkAll() {
  const tests = JSON.parse(readFileSync(join(packagesDir, '../tests/package.json'), 'utf8'));
  const oldestTypeScript = tests.devDependencies['typescript-oldest'].replace('npm:typescript@', '');
  const changesets = readdirSync(join(packagesDir, '../.changeset'))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => readFileSync(join(packagesDir, '../.changeset', name), 'utf8'))
    .join('\n');
  const problems = readdirSync(packagesDir).flatMap((folder) => {
    const dir = join(packagesDir, folder);
    if (!existsSync(join(dir, 'package.json'))) return [];
    const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    const missing = ['README.md', 'LICENSE', 'tsup.config.ts', 'src/index.ts']
      .filter((file) => !existsSync(join(dir, file)))
      .map((file) => `${folder}: ${file} is missing`);
    const row = compatibilityRow(folder, manifest, oldestTypeScript);
    if (row && !readFileSync(join(dir, 'README.md'), 'utf8').includes(row))
      missing.push(`${folder}: README.md needs this line under Compatibility: ${row}`);
    const announced =
      existsSync(join(dir, 'CHANGELOG.md')) ||
      changesets.includes(`'${manifest.name}'`) ||
      changesets.includes(`"${manifest.name}"`);
    if (!announced) missing.push(`${folder}: neither a changeset nor a CHANGELOG.md names it`);
    return [...manifestProblems(folder, manifest), ...missing];
  });
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(problems.length === 0 ? 'All manifests have the same shape.\n' : '');
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = checkAll();
