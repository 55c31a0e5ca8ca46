import { createHash } from 'node:crypto';

import type { Deployment, Project } from '@project-runner/core';

export interface ParsedSubdomain {
  projectSlug: string;
  /** `staging` or the branch; absent for production. */
  deploymentSlug?: string;
}

/** The longest label of a host name: RFC 1035, section 2.3.4. */
const maxLabel = 63;
const hashLength = 8;
const separator = '--';

/** Names deployments: production `{slug}`, staging `staging--{slug}`, preview `{branch}--{slug}`. */
export class SubdomainGenerator {
  /** A host name label: lower case, at most 63 characters; a longer or empty one is cut and carries a short hash. */
  generate(project: Pick<Project, 'slug'>, deployment: Pick<Deployment, 'type' | 'branch' | 'slug'>): string {
    const slug = part(project.slug);
    if (deployment.type === 'production') return fit(slug, project.slug);
    const prefix = deployment.type === 'staging' ? 'staging' : part(deployment.branch);
    return fitPair(prefix, slug, `${prefix}${separator}${project.slug}${separator}${deployment.branch}`);
  }

  /** Undoes `generate`: the last part is the project. A part that was cut stays cut. */
  parse(subdomain: string): ParsedSubdomain {
    const parts = subdomain.split(separator);
    const projectSlug = parts.at(-1) ?? '';
    return parts.length === 1
      ? { projectSlug }
      : { projectSlug, deploymentSlug: parts.slice(0, -1).join(separator) };
  }
}

function part(text: string): string {
  return sanitize(text) || `x-${hash(text)}`;
}

function sanitize(text: string): string {
  return text
    .toLowerCase()
    .replace(/[/\s_.]/g, '-')
    .replace(/[^a-z0-9-]/g, '')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '');
}

function fit(label: string, full: string): string {
  return label.length <= maxLabel ? label : cut(label, maxLabel, full);
}

/** The branch gives way first, so that the project stays readable. */
function fitPair(prefix: string, slug: string, full: string): string {
  const whole = `${prefix}${separator}${slug}`;
  if (whole.length <= maxLabel) return whole;
  const room = maxLabel - separator.length;
  const shortestPrefix = Math.min(prefix.length, hashLength + 4);
  const slugRoom = Math.min(slug.length, room - shortestPrefix);
  const fittedSlug = slugRoom < slug.length ? cut(slug, slugRoom, full) : slug;
  const prefixRoom = room - fittedSlug.length;
  const fittedPrefix = prefixRoom < prefix.length ? cut(prefix, prefixRoom, full) : prefix;
  return `${fittedPrefix}${separator}${fittedSlug}`;
}

function cut(text: string, length: number, full: string): string {
  const kept = text.slice(0, length - hashLength - 1).replace(/-$/, '');
  return `${kept}-${hash(full)}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashLength);
}
