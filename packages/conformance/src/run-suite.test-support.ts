import type { It } from './suite.ts';

export interface Failure {
  check: string;
  message: string;
}

interface Check {
  name: string;
  fn: () => void | Promise<void>;
}

/** The checks of a suite, collected instead of being handed to a test runner. */
export function checksOf(suite: (it: It) => void): Check[] {
  const checks: Check[] = [];
  suite((name, fn) => checks.push({ name, fn }));
  return checks;
}

/** So many checks run together: enough to wait together, too few to make each other late. */
const atOnce = 4;

/** Runs a suite and gathers what failed, in the order of the suite. */
export async function failuresOf(suite: (it: It) => void): Promise<Failure[]> {
  const checks = checksOf(suite);
  const failures: Failure[][] = checks.map(() => []);
  const waiting = checks.entries();
  const runNext = async (): Promise<void> => {
    for (const [index, { name, fn }] of waiting) {
      try {
        await fn();
      } catch (error) {
        failures[index] = [{ check: name, message: error instanceof Error ? error.message : String(error) }];
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runNext));
  return failures.flat();
}
