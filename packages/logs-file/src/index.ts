export { logsFile } from './logs-file.ts';
export type { LogsFileOptions } from './logs-file.ts';
