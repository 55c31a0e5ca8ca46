/** In the order of their numbers, RFC 5424 section 6.2.1. */
const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;

/** Those that are meant for programs like servers. */
const facilities = {
  user: 1,
  daemon: 3,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

export type Severity = (typeof severities)[number];
export type Facility = keyof typeof facilities;

/** The number at the beginning of a message. @throws TypeError for a name that is none */
export function priority(facility: Facility, severity: Severity): number {
  if (!Object.hasOwn(facilities, facility)) throw unknown('facility', Object.keys(facilities), facility);
  if (!severities.includes(severity)) throw unknown('severity', severities, severity);
  return facilities[facility] * 8 + severities.indexOf(severity);
}

function unknown(option: string, names: readonly string[], found: string): TypeError {
  return new TypeError(
    `syslogSink: ${option} must be one of ${names.join(', ')}; found ${JSON.stringify(found)}`,
  );
}
