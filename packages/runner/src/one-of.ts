/** @throws TypeError: a host in JavaScript would never learn that it is misspelt */
export function oneOf(key: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const wanted = known.map((item) => JSON.stringify(item)).join(' or ');
  throw new TypeError(`shutdown: ${key} must be ${wanted}; found ${JSON.stringify(value)}`);
}
