// An activator in a process of its own, for tests that kill it: starts the projects it is told of, says so, and lives on.
import { createServer } from 'node:net';

import { createActivator } from '@project-runner/activator';
import type { ActivatorOptions, ProjectConfig } from '@project-runner/activator';

export interface ActivatorProcessConfig {
  options: ActivatorOptions;
  projects: Readonly<Record<string, ProjectConfig>>;
}

const { options, projects } = JSON.parse(process.argv[2] ?? '') as ActivatorProcessConfig;
// Neither an activator nor its servers keep a process alive.
createServer().listen(0, '127.0.0.1');
const activator = await createActivator(options);
const started = Object.entries(projects).map(([id, config]) => activator.ensureRunning(id, config));
process.send?.({ statuses: await Promise.all(started), token: activator.deriveRuntimeToken('shop') });
