/** Where a project's files come from: a folder of this machine. */
export interface LocalSourceConfig {
  path: string;
}

/** Where a project's files come from: a GitHub repository. */
export interface GithubSourceConfig {
  repoFullName: string;
  installationId: string;
  isPrivate: boolean;
}

/** A project as the host stores it. Ids are UUIDs. */
export interface Project {
  id: string;
  teamId: string;
  name: string;
  slug: string;
  sourceType: 'local' | 'github';
  sourceConfig: LocalSourceConfig | GithubSourceConfig;
  defaultBranch: string;
  /** Variables of the project, as the host keeps them: a plain record, or a list with secrets marked. */
  envVars: Record<string, string> | readonly ProjectEnvVar[];
  createdAt: Date;
  updatedAt: Date;
}

/** One variable of a project, as a host that marks secrets keeps it. */
export interface ProjectEnvVar {
  key: string;
  value: string;
  isSecret?: boolean;
}
