import type { ActivatorOptions, WantedProject } from './activator-options.ts';
import { notFound } from './project-errors.ts';
import type { KnownProject, Projects } from './projects.ts';

type Ask = ActivatorOptions['findProject'];

/** A project that is known, or that the host knows. */
export async function findProject(
  projects: Projects,
  wanted: WantedProject,
  ask: Ask,
): Promise<KnownProject | undefined> {
  const { projectId, subdomain } = wanted;
  const known = projectId === undefined ? projects.bySubdomain(subdomain) : projects.get(projectId);
  if (known || !ask) return known;
  const found = await ask(wanted);
  if (!found) return undefined;
  if (projectId !== undefined && found.projectId !== projectId) {
    throw new TypeError(`findProject was asked for ${projectId} and answered ${found.projectId}`);
  }
  return projects.put(found.projectId, found.config);
}

/** @throws ProjectRunnerError `PROJECT_NOT_FOUND` */
export async function mustFindProject(
  projects: Projects,
  projectId: string,
  ask: Ask,
): Promise<KnownProject> {
  const project = await findProject(projects, { projectId }, ask);
  if (!project) throw notFound(projectId);
  return project;
}
