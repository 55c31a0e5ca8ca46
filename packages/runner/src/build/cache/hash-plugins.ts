import { createHash } from 'node:crypto';

import type { Plugin } from '@project-runner/core';

/**
 * One hash of the texts of their methods, and of the classes that they are of. A method may call what is elsewhere, so this
 * sees most changes of a plugin, not all.
 */
export function hashPlugins(plugins: readonly Plugin[]): string {
  const texts = plugins.map((plugin) => [...levelsOf(plugin)].map(textsOf));
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
}

/** A plugin, then the classes that it has methods of. */
function* levelsOf(plugin: object): Generator<object> {
  let level: object | null = plugin;
  while (level !== null && level !== Object.prototype) {
    yield level;
    level = Object.getPrototypeOf(level) as object | null;
  }
}

function textsOf(level: object): string[][] {
  return Object.entries(Object.getOwnPropertyDescriptors(level)).map(([name, { value, get, set }]) => [
    name,
    // Getters are read, not asked: what they answer may be something else each time.
    ...(get || set ? [String(get), String(set)] : [textOf(value)]),
  ]);
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // Nothing that can be shown, such as an object without a prototype.
    return typeof value;
  }
}
