export { syslogSink } from './syslog-sink.ts';
export type { SyslogSinkOptions } from './syslog-sink.ts';
export type { Facility, Severity } from './priority.ts';
