import { createHmac, randomBytes } from 'node:crypto';

let secret: Buffer | undefined;

/**
 * HMAC-SHA256 of `id` under a secret that this process makes for itself and never writes down, as 64 hex digits: the same
 * for the same id until the process ends, and nothing anybody else can compute.
 */
export function deriveRuntimeToken(id: string): string {
  secret ??= randomBytes(32);
  return createHmac('sha256', secret).update(id).digest('hex');
}

/** No id of a project has a colon in it, so a webhook's token is never a project's. */
export function webhookTokenId(projectId: string): string {
  return `webhook:${projectId}`;
}
