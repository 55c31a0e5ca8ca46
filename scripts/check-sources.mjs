// Rules of the layout that a linter does not know: short files, and index files that only re-export.
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const maxLines = 250;

const problems = globSync('packages/*/src/**/*.ts', { cwd: root }).flatMap((file) => {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const lines = text.split('\n').length - 1;
  const found = [];
  if (!file.endsWith('.test.ts') && lines > maxLines)
    found.push(`${file} has ${lines} lines, more than ${maxLines}: it holds two ideas`);
  const home = /['"`]\/(root|home|Users)\/[^'"`]*/.exec(text);
  if (home && !file.endsWith('.test.ts'))
    found.push(`${file} names a path of one machine: ${home[0].slice(1)}`);
  if (/packages\/[^/]+\/src\/index\.ts$/.test(file)) {
    const rest = text
      .replace(/export (type )?\{[^}]*\} from '[^']+';/g, '')
      .replace(/\/\*\*?[\s\S]*?\*\//g, '')
      .trim();
    if (rest !== '') found.push(`${file} may only re-export, found: ${rest.split('\n')[0]}`);
  }
  return found;
});
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length === 0)
  process.stdout.write('All source files are short, all index files only re-export.\n');
process.exitCode = problems.length === 0 ? 0 : 1;
