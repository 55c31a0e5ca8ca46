import { showJson } from '../show-json.ts';

/** Far more than anybody writes, and little enough to be kept for each server. */
const maxDepth = 8;
const maxValues = 1000;
const maxCharacters = 64 * 1024;

/** What is wrong with a value out of JSON, and where, `null` for nothing: too much of it, or a name that means something else. */
export function plainJsonProblem(value: unknown, name: string): { at: string; problem: string } | null {
  let values = 0;
  let characters = 0;
  const look = (item: unknown, at: string, depth: number): { at: string; problem: string } | null => {
    values += 1;
    if (typeof item === 'string') characters += item.length;
    if (values > maxValues) return { at: name, problem: `holds more than ${maxValues} values` };
    if (characters > maxCharacters)
      return { at: name, problem: `holds more than ${maxCharacters} characters` };
    if (depth > maxDepth) return { at: name, problem: `is nested deeper than ${maxDepth}` };
    if (typeof item !== 'object' || item === null) return null;
    for (const key of Object.keys(item)) {
      characters += key.length;
      const place = `${at}.${showJson(key)}`;
      if (key === '__proto__') return { at: place, problem: 'is no name of an option' };
      const found = look((item as Record<string, unknown>)[key], place, depth + 1);
      if (found) return found;
    }
    return null;
  };
  return look(value, name, 0);
}
