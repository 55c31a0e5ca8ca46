export interface ReportChange {
  file: string;
  before: string | null;
  after: string | null;
}

export function compareReports(options: {
  packages: readonly string[];
  reports: string;
  isWriting: boolean;
}): ReportChange[];
