import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** State folders are named by hashes: `projects.txt` says whose one is. One line a project. */
export async function recordProject(stateDir: string, projectDir: string): Promise<void> {
  const file = join(stateDir, 'projects.txt');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const known = await readFile(file, 'utf8').catch(() => '');
  if (!known.split('\n').includes(projectDir)) await appendFile(file, `${projectDir}\n`, { mode: 0o600 });
}
