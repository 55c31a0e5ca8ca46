import { createRequire } from 'node:module';
import { arch, release } from 'node:os';

import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const [onPlatform, onNode] = [findingsOf('platform'), findingsOf('node')];

/** Whether servers outlive their runner here, and Node is new enough. */
export function checkPlatform(
  platform: NodeJS.Platform = process.platform,
  node: string = process.versions.node,
): Finding[] {
  return [platformFinding(platform), nodeFinding(node)];
}

function platformFinding(platform: NodeJS.Platform): Finding {
  const details = { platform, arch: arch(), release: release() };
  const name = `${platform} ${details.arch}, ${details.release}`;
  if (platform === 'linux') return onPlatform.ok(name, details);
  if (platform === 'darwin') {
    return onPlatform.warning(
      `${name}: there are no control groups`,
      'Limits of memory and CPU are not enforced by the system: run on Linux where that matters',
      details,
    );
  }
  return onPlatform.warning(
    `${name}: servers and jobs end with the process that started them`,
    'Run on Linux or macOS for what is to outlive its runner',
    details,
  );
}

function nodeFinding(found: string): Finding {
  const wanted = wantedNode();
  const details = { version: found, needed: wanted, path: process.execPath };
  return isAtLeast(found, wanted)
    ? onNode.ok(`Node ${found} at ${process.execPath}`, details)
    : onNode.problem(`Node ${found} is older than ${wanted}`, `Install Node ${wanted} or later`, details);
}

/** As the manifest of this package says. */
function wantedNode(): string {
  const manifest: unknown = createRequire(import.meta.url)('@project-runner/runner/package.json');
  return (manifest as { engines: { node: string } }).engines.node.replace(/^\D+/, '');
}

function isAtLeast(found: string, wanted: string): boolean {
  const [have, need] = [found, wanted].map((version) =>
    version.split('.').map((part) => Number.parseInt(part, 10)),
  );
  for (const index of [0, 1, 2]) {
    const difference = (have?.[index] ?? 0) - (need?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
