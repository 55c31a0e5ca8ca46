import { isAbsolute } from 'node:path';

import { SubdomainGenerator } from '@project-runner/runner';

import { checkIdleTimeout, checkMs, checkProjectId, wrong } from './check-value.ts';
import type { ProjectConfig } from './project-config.ts';
import type { ProjectServer } from './project-server.ts';

/** A project that is known. Most of thousands sleep: what it takes to run one is made at its first start. */
export interface KnownProject {
  readonly projectId: string;
  subdomain: string;
  config: ProjectConfig;
  server: ProjectServer | null;
}

const subdomains = new SubdomainGenerator();

/** The projects that are known, by id and by subdomain. */
export class Projects {
  readonly #byId = new Map<string, KnownProject>();
  readonly #bySubdomain = new Map<string, KnownProject>();

  get(projectId: string): KnownProject | undefined {
    return this.#byId.get(projectId);
  }

  bySubdomain(subdomain: string): KnownProject | undefined {
    return this.#bySubdomain.get(subdomain);
  }

  /** Those that were started before. */
  started(): ProjectServer[] {
    return [...this.#byId.values()].flatMap(({ server }) => server ?? []);
  }

  /**
   * Adds a project, or changes how it is started from now on.
   * @throws TypeError for an id that cannot be one; ProjectRunnerError `CONFIG_INVALID`
   */
  put(projectId: string, config: ProjectConfig): KnownProject {
    checkProjectId(projectId);
    checkConfig(config);
    const known = this.#byId.get(projectId);
    const subdomain = config.subdomain?.toLowerCase() ?? known?.subdomain ?? defaultSubdomain(projectId);
    const namesake = this.#bySubdomain.get(subdomain);
    if (namesake && namesake.projectId !== projectId) {
      throw wrong('subdomain', subdomain, `one that project ${namesake.projectId} does not have already`);
    }
    if (known) {
      this.#bySubdomain.delete(known.subdomain);
      this.#bySubdomain.set(subdomain, known);
      return Object.assign(known, { config, subdomain });
    }
    const project: KnownProject = { projectId, subdomain, config, server: null };
    this.#add(project);
    return project;
  }

  /** Makes one known again that was removed, unless another has its place. */
  restore(project: KnownProject): void {
    const isTaken = this.#byId.has(project.projectId) || this.#bySubdomain.has(project.subdomain);
    if (!isTaken) this.#add(project);
  }

  #add(project: KnownProject): void {
    this.#byId.set(project.projectId, project);
    this.#bySubdomain.set(project.subdomain, project);
  }

  remove({ projectId, subdomain }: KnownProject): void {
    this.#byId.delete(projectId);
    this.#bySubdomain.delete(subdomain);
  }
}

function defaultSubdomain(projectId: string): string {
  return subdomains.generate({ slug: projectId }, { type: 'production', branch: '', slug: '' });
}

function checkConfig(config: ProjectConfig): void {
  if (typeof config !== 'object' || config === null) throw wrong('config', config, 'an object');
  const { dir, command, subdomain } = config;
  if (typeof dir !== 'string' || !isAbsolute(dir)) throw wrong('dir', dir, 'an absolute path');
  if (command !== undefined && (typeof command.file !== 'string' || command.file === '')) {
    throw wrong('command.file', command.file, 'a path or the name of a program');
  }
  if (subdomain !== undefined && typeof subdomain !== 'string')
    throw wrong('subdomain', subdomain, 'a string');
  checkIdleTimeout('idleTimeoutMs', config.idleTimeoutMs);
  checkMs('startTimeoutMs', config.startTimeoutMs);
}
