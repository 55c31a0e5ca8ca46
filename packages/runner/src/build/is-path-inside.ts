import { isAbsolute, normalize } from 'node:path';

/** Whether a plugin's answer is a path inside of the project; the project itself cannot be meant. */
export function isPathInside(path: unknown): path is string {
  if (typeof path !== 'string' || /^\.?[/\\]?$/.test(normalize(path))) return false;
  return !isAbsolute(path) && !path.includes('\0') && !path.split(/[/\\]/).includes('..');
}
