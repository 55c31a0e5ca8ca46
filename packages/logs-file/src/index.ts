export { listLogs } from './list-logs.ts';
export type { KeptLog } from './list-logs.ts';
export { logsFile } from './logs-file.ts';
export type { LogsFileOptions } from './logs-file.ts';
