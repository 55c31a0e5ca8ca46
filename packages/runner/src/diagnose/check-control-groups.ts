import { lookAtCgroups } from '@project-runner/launcher-local';
import type { CgroupSupport } from '@project-runner/launcher-local';

import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const found = findingsOf('control-groups');

/** Which limits the system would enforce. */
export function checkControlGroups(support: CgroupSupport = lookAtCgroups()): Finding {
  const { rung, limits, canKill } = support;
  const details = { rung, limits, canKill };
  const entries = Object.entries(limits);
  const missing = entries.filter(([, by]) => by === null).map(([limit]) => limit);
  const held = entries.flatMap(([limit, by]) => (by === null ? [] : [`${limit} by ${by}`]));
  if (missing.length === 0) return found.ok(`The system enforces ${held.join(', ')}`, details);
  if (process.platform !== 'linux') return found.ok('There are none on this platform', details);
  return found.warning(
    rung === 'none'
      ? 'No control groups can be made: limits are kept by looks only'
      : `The system enforces ${held.join(', ') || 'no limit'}; not ${missing.join(', ')}`,
    'Run the host as a systemd unit with Delegate=yes, or give its container a writable cgroup namespace',
    details,
  );
}
