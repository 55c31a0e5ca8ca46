import { hostname as nameOfMachine } from 'node:os';

import type { LogSession, LogSinkPlugin } from '@project-runner/core';

import { formatMessages } from './format-messages.ts';
import { priority } from './priority.ts';
import type { Facility, Severity } from './priority.ts';
import { tcpTransport } from './tcp-transport.ts';
import { udpTransport } from './udp-transport.ts';

export interface SyslogSinkOptions {
  /** Where the receiver listens. @default '127.0.0.1' */
  host?: string;
  /** @default 514 */
  port?: number;
  /** With UDP lines are lost without a word. @default 'tcp' */
  protocol?: 'tcp' | 'udp';
  /** @default 'local0' */
  facility?: Facility;
  /** @default { stdout: 'info', stderr: 'error' } */
  severity?: { stdout?: Severity; stderr?: Severity };
  /** @default the name of this machine */
  hostname?: string;
  /** At most 48 characters are used. @default 'project-runner' */
  appName?: string | ((session: LogSession) => string);
  /** Of the element that has number and ids; use your own enterprise number. @default 'projectRunner@32473' */
  structuredDataId?: string;
  /** Longer lines go into several messages. @default 2048, which every receiver should take; at least 1024 */
  maxMessageBytes?: number;
  /** In ms, for a connection to be made, and for the receiver to take anything once it is. @default 10000 */
  timeoutMs?: number;
  /** In ms, how long to try to send lines before they are given up. @default 10000 */
  retryMs?: number;
  /** Of what was sent last, kept to be sent again where the connection breaks. @default 1048576 */
  resendBytes?: number;
  /** To have several. @default 'syslog' */
  name?: string;
}

/** Sends lines to a syslog receiver: RFC 5424, over TCP with octet counting (RFC 6587) or UDP. @throws TypeError */
export function syslogSink({
  host = '127.0.0.1',
  port = 514,
  protocol = 'tcp',
  facility = 'local0',
  severity: { stdout = 'info', stderr = 'error' } = {},
  hostname = nameOfMachine(),
  appName = 'project-runner',
  structuredDataId = 'projectRunner@32473',
  maxMessageBytes = 2048,
  timeoutMs = 10_000,
  retryMs = 10_000,
  resendBytes = 1024 * 1024,
  name = 'syslog',
}: SyslogSinkOptions = {}): LogSinkPlugin {
  const priorities = { stdout: priority(facility, stdout), stderr: priority(facility, stderr) };
  if (!/^[!#-<>-\\^-~]{1,32}$/.test(structuredDataId)) {
    throw new TypeError(
      `syslogSink: structuredDataId must be at most 32 characters such as "name@32473", found ${JSON.stringify(structuredDataId)}`,
    );
  }
  if (protocol !== 'tcp' && protocol !== 'udp') {
    throw new TypeError(`syslogSink: protocol must be "tcp" or "udp", found ${JSON.stringify(protocol)}`);
  }
  wholeNumber('port', port, 1, 65_535);
  // More does not go into a datagram, less may not hold what stands before the line.
  wholeNumber('maxMessageBytes', maxMessageBytes, 1024, 65_507);
  wholeNumber('timeoutMs', timeoutMs, 1);
  wholeNumber('retryMs', retryMs, 0);
  wholeNumber('resendBytes', resendBytes, 0);

  return {
    kind: 'log-sink',
    name,
    apiVersion: 1,
    open(session) {
      const transport =
        protocol === 'udp'
          ? udpTransport({ host, port })
          : tcpTransport({ host, port, timeoutMs, retryMs, resendBytes });
      const options = {
        priorities,
        hostname,
        appName: typeof appName === 'string' ? appName : appName(session),
        structuredDataId,
        maxMessageBytes,
      };
      // Without `position`: a syslog receiver tells nobody what it has. So a line counts as kept when it was sent.
      return {
        write: (batch) => transport.send(formatMessages(batch, session, options)),
        close: () => transport.close(),
      };
    },
  };
}

function wholeNumber(option: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new TypeError(
    `syslogSink: ${option} must be a whole number from ${least} to ${most}, found ${String(value)}`,
  );
}
