import type { BuildStageEvent, BuildStageName } from '@project-runner/core';

/** Tells the stages of one build. */
export interface BuildStages {
  /** Runs a stage, and tells its start and its end. */
  run<T>(name: BuildStageName, task: (stage: RunningStage) => Promise<T>): Promise<T>;
  /** Those that have ended, in order. */
  ended(): readonly BuildStageEvent[];
}

export interface RunningStage {
  /** Its result was there already, and nothing was run for it. */
  markCached(): void;
}

export function createBuildStages(
  { projectId, buildId }: Pick<BuildStageEvent, 'projectId' | 'buildId'>,
  tell: (event: BuildStageEvent) => void,
): BuildStages {
  const ended: BuildStageEvent[] = [];
  return {
    ended: () => ended,
    async run(name, task) {
      const startedAt = new Date();
      const since = performance.now();
      let cached = false;
      const describe = (state: BuildStageEvent['state']): BuildStageEvent => {
        const isOver = state !== 'started';
        const endedAt = isOver ? new Date() : null;
        const durationMs = isOver ? Math.round(performance.now() - since) : null;
        return { projectId, buildId, stage: name, state, startedAt, endedAt, durationMs, cached };
      };
      const end = (state: 'succeeded' | 'failed'): void => {
        const event = describe(state);
        ended.push(event);
        tell({ ...event });
      };
      tell(describe('started'));
      try {
        const result = await task({ markCached: () => void (cached = true) });
        end('succeeded');
        return result;
      } catch (error) {
        end('failed');
        throw error;
      }
    },
  };
}
