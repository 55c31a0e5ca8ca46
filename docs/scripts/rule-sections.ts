import { allKinds } from './rules/all-kinds.ts';
import { framework } from './rules/framework.ts';
import { healthProbe } from './rules/health-probe.ts';
import { launcher } from './rules/launcher.ts';
import { logSink } from './rules/log-sink.ts';
import { packageManager } from './rules/package-manager.ts';
import { portStrategy } from './rules/port-strategy.ts';
import type { Rule } from './rules/rule.ts';

/** By the headings of `writing-a-plugin.md`. */
export const ruleSections: Readonly<Record<string, readonly Rule[]>> = {
  'All kinds (`factory`)': allKinds,
  '`package-manager`': packageManager,
  '`health-probe`': healthProbe,
  '`log-sink`': logSink,
  '`port-strategy`': portStrategy,
  '`framework`': framework,
  '`launcher`': launcher,
};
