import type { JobProgress } from '../job-result.ts';

/** What a job wrote to its result channel: progress, a line each, and its result. */
export interface ChannelText {
  progress: readonly JobProgress[];
  /** Empty where it wrote none. */
  result: string;
}

/** A progress line begins at the very start of its line, so a result in several lines may have the like in it. */
export function splitChannel(text: string): ChannelText {
  const lines = text.split('\n');
  const progress: JobProgress[] = [];
  const rest: string[] = [];
  for (const line of lines) {
    const told = parseProgress(line);
    if (told) progress.push(told);
    else rest.push(line);
  }
  return { progress, result: rest.join('\n').trim() };
}

/** `null` for any other line. An object with more in it is a result. */
export function parseProgress(line: string): JobProgress | null {
  if (!line.startsWith('{') || !line.includes('"progress"')) return null;
  try {
    const { progress, step, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const isProgress =
      typeof progress === 'number' &&
      progress >= 0 &&
      progress <= 1 &&
      (step === undefined || step === null || typeof step === 'string') &&
      Object.keys(rest).length === 0;
    return isProgress ? { progress, step: typeof step === 'string' ? step : null } : null;
  } catch {
    // A part of something else, or not written wholly.
    return null;
  }
}
