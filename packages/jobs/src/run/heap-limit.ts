import type { ResolvedJobSpec } from '../job-spec.ts';

/** As V8 takes it, with either sign between the words; also in percent. */
const heapOption = /^--max[-_]old[-_]space[-_]size/;
const heapShare = 0.75;

type Limited = Pick<ResolvedJobSpec, 'argv' | 'limits'>;

/** A Node that knows its limit cleans up before it, and says so where that is not enough. What the job chose itself wins. */
export function withHeapLimit(env: Record<string, string>, spec: Limited): Record<string, string> {
  const flag = heapFlag(spec);
  if (flag === null || words(env.NODE_OPTIONS).some(isHeapOption)) return env;
  return { ...env, NODE_OPTIONS: [env.NODE_OPTIONS, flag].filter(Boolean).join(' ') };
}

/** Whether the limit is that of `withHeapLimit`, and nothing that the job was given by its spec. */
export function isHeapLimited(env: Readonly<Record<string, string>>, spec: Limited): boolean {
  const options = words(env.NODE_OPTIONS).filter(isHeapOption);
  return options.length === 1 && options[0] === heapFlag(spec) && !spec.argv.some(isHeapOption);
}

function heapFlag({ limits: { memoryBytes } }: Limited): string | null {
  if (memoryBytes === undefined) return null;
  const heapMb = Math.max(Math.floor((memoryBytes * heapShare) / (1024 * 1024)), 1);
  return `--max-old-space-size=${heapMb}`;
}

function words(options: string | undefined): string[] {
  return (options ?? '').split(/\s+/);
}

function isHeapOption(word: string): boolean {
  return heapOption.test(word);
}
