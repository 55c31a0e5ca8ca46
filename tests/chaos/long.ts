/** `pnpm chaos --long`: more rounds of everything. */
export const isLong: boolean = process.env.PROJECT_RUNNER_CHAOS === 'long';
