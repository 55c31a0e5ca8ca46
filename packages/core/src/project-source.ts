/** What a source is asked for. */
export interface ProjectSourceRequest {
  id: string;
  name: string;
  type: 'local' | 'github';
  /** The folder, or `owner/repository`. */
  path: string;
}

/** Brings a project's files to this machine. */
export interface ProjectSource {
  /**
   * Makes the project's files available and answers where they are. The answer may differ from `targetDir`:
   * a local source may hand back the user's own folder. The runner never builds in it.
   */
  getProjectPath(project: ProjectSourceRequest, targetDir: string): Promise<string>;
}
