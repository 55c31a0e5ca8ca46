import { inspect } from 'node:util';

/** Lines of a page at most. */
export const maxPageLines = 10_000;

/** @throws TypeError with the key, the value and what was expected */
export function checkLogOptions(options: { tail?: number; since?: Date }): void {
  expectObject(options);
  expectWhole('tail', options.tail, 0, Number.MAX_SAFE_INTEGER);
  const since: unknown = options.since;
  if (since !== undefined && !(since instanceof Date && !Number.isNaN(since.getTime()))) {
    throw wrong('since', since, 'a valid Date');
  }
}

/** @throws TypeError with the key, the value and what was expected */
export function checkPageOptions(options: { limit?: number; before?: string }): void {
  expectObject(options);
  expectWhole('limit', options.limit, 1, maxPageLines);
  const before: unknown = options.before;
  if (before !== undefined && typeof before !== 'string') {
    throw wrong('before', before, 'a cursor of an earlier page, a string');
  }
}

function expectObject(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw wrong('options', options, 'an object');
}

function expectWhole(key: string, value: unknown, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && Number(value) >= min && Number(value) <= max))
    return;
  throw wrong(key, value, `a whole number from ${min} to ${max}`);
}

function wrong(key: string, value: unknown, expected: string): TypeError {
  return new TypeError(`${key} must be ${expected}; found ${inspect(value, { depth: 0 })}`);
}
