import { readFile } from 'node:fs/promises';

/** What a file of the cache holds; `null` where there is none, or one that is damaged: both are as if it never was. */
export async function readJson<T>(file: string): Promise<Partial<T> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' ? (value as Partial<T> | null) : null;
  } catch {
    return null;
  }
}
