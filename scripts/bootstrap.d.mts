export const root: string;
export function toolEnvironment(): Promise<Record<string, string>>;
export function withoutNpmVariables(env: NodeJS.ProcessEnv): Record<string, string>;
export function isNewEnough(version: string): boolean;
export function packagesToFetch(nodeFits: boolean, platform: string, arch: string): string[] | null;
