import type { ProjectEnvVar } from './project.ts';

/** Where a project runs: production, staging or a preview of one branch. */
export interface Deployment {
  id: string;
  projectId: string;
  type: 'production' | 'staging' | 'preview';
  branch: string;
  slug: string;
  status: 'pending' | 'building' | 'running' | 'stopped' | 'failed';
  currentBuildId: string | null;
  publicUrl: string | null;
  internalHost: string | null;
  envVarOverrides: Record<string, string> | readonly ProjectEnvVar[];
  autoShutdown: boolean;
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}
