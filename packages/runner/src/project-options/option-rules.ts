/** What a project may write for one option. */
export interface OptionRule<T> {
  /** For the error: `a whole number from 1 to 28`. */
  readonly expected: string;
  accepts(value: unknown): value is T;
}

const maxTextLength = 1024;

/** Rules for options that a project sets. Whatever they let through is plain JSON. */
export const optionRules = {
  /** Text without control characters, of 1 to `max` characters. @default max 1024 */
  text: (max: number = maxTextLength): OptionRule<string> => ({
    expected: `text of 1 to ${max} characters`,
    accepts: (value): value is string => isText(value, max),
  }),
  wholeNumber: (min: number, max: number): OptionRule<number> => ({
    expected: `a whole number from ${min} to ${max}`,
    accepts: (value): value is number =>
      Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  }),
  flag: (): OptionRule<boolean> => ({
    expected: 'true or false',
    accepts: (value): value is boolean => typeof value === 'boolean',
  }),
  oneOf: <const Values extends readonly (string | number)[]>(
    ...values: Values
  ): OptionRule<Values[number]> => ({
    expected: values.map((value) => JSON.stringify(value)).join(' or '),
    accepts: (value): value is Values[number] => values.includes(value as Values[number]),
  }),
  /** A path of a URL, such as `/healthz?deep=1`. It cannot name another server. */
  urlPath: (): OptionRule<string> => ({
    expected: `a path that starts with one "/", of at most ${maxTextLength} characters`,
    accepts: (value): value is string => isText(value, maxTextLength) && /^\/(?![/\\])[^\s\\]*$/.test(value),
  }),
  /** A file or folder inside of the project, such as `dist/server.js`. */
  filePath: (): OptionRule<string> => ({
    expected: `a relative path inside of the project, without "..", of at most ${maxTextLength} characters`,
    accepts: (value): value is string =>
      isText(value, maxTextLength) && !/^[/~]|^[A-Za-z]:|\\/.test(value) && !value.split('/').includes('..'),
  }),
  listOf: <T>(rule: OptionRule<T>, max: number = 100): OptionRule<readonly T[]> => ({
    expected: `a list of at most ${max}, each ${rule.expected}`,
    accepts: (value): value is readonly T[] =>
      Array.isArray(value) && value.length <= max && value.every((item) => rule.accepts(item)),
  }),
} as const;

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= max && !/\p{Cc}/u.test(value);
}
