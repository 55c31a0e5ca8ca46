export interface RunOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  capture?: boolean;
  group?: boolean;
}
export function run(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<{ code: number; stopped: boolean; output: string }>;
