import { wrap } from '@project-runner/core';
import type { HealthProbePlugin } from '@project-runner/core';

export interface ObservedProbes {
  /** The probe to use in place of the one given. */
  observe(probe: HealthProbePlugin): HealthProbePlugin;
  /** The path that was asked last. `null`: none was, so the server may have any. */
  path(): { path: string; optional: boolean } | null;
}

/** The runner knows which path a server is asked for: configuration, framework or guess. Its probes get told. */
export function observeProbes(): ObservedProbes {
  let last: ReturnType<ObservedProbes['path']> = null;
  return {
    observe: (probe) =>
      wrap(probe, {
        check(target, signal) {
          last =
            probe.path === undefined
              ? { path: target.path, optional: target.optionalPath ?? false }
              : { path: probe.path, optional: false };
          return probe.check(target, signal);
        },
      }),
    path: () => last,
  };
}
