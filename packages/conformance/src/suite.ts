/** The `it` of the caller's test runner: Vitest's, `node:test`'s, Jest's. */
export type It = (name: string, fn: () => void | Promise<void>) => unknown;
