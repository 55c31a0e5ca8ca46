import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import type { LogSession, LogSinkPlugin } from '@project-runner/core';

import { exportRecords } from './export-records.ts';
import { toRecords } from './to-records.ts';

export type SeverityName = Exclude<keyof typeof SeverityNumber, 'UNSPECIFIED'>;

export interface OtlpSinkOptions {
  /** @default what the variables `OTEL_EXPORTER_OTLP_*` of this process say, else 'http://localhost:4318/v1/logs' */
  url?: string;
  /** Of each request, such as those that authorize it; a function is asked each time. */
  headers?: Record<string, string> | (() => Promise<Record<string, string>>);
  /** The resource attribute `service.name`. @default the id of the project */
  serviceName?: string | ((session: LogSession) => string);
  /** More attributes of the resource. @default {} */
  resource?: Readonly<Record<string, string | number | boolean>>;
  /** @default { stdout: 'INFO', stderr: 'ERROR' } */
  severity?: { stdout?: SeverityName; stderr?: SeverityName };
  /** In ms, for one request with all its attempts. @default 10000 */
  timeoutMs?: number;
  /** Records of one request. @default 1000 */
  maxRecords?: number;
  /** To have several. @default 'otlp' */
  name?: string;
}

/** Sends lines to an OpenTelemetry collector with OpenTelemetry's own exporter. @throws TypeError */
export function otlpSink({
  url,
  headers,
  serviceName = ({ projectId }) => projectId,
  resource = {},
  severity: { stdout = 'INFO', stderr = 'ERROR' } = {},
  timeoutMs = 10_000,
  maxRecords = 1000,
  name = 'otlp',
}: OtlpSinkOptions = {}): LogSinkPlugin {
  const severities = {
    stdout: { severityText: stdout, severityNumber: severityNumber(stdout) },
    stderr: { severityText: stderr, severityNumber: severityNumber(stderr) },
  };
  positive('timeoutMs', timeoutMs);
  positive('maxRecords', maxRecords);
  if (url !== undefined && !/^https?:/.test(URL.parse(url)?.protocol ?? '')) {
    throw new TypeError(
      'otlpSink: url must be one of http: or https:, such as http://localhost:4318/v1/logs',
    );
  }

  return {
    kind: 'log-sink',
    name,
    apiVersion: 1,
    open(session) {
      // One for each log: an exporter refuses what comes while 30 of its requests are under way.
      const exporter = new OTLPLogExporter({
        timeoutMillis: timeoutMs,
        ...(url === undefined ? {} : { url }),
        ...(headers === undefined ? {} : { headers }),
      });
      const create = toRecords({
        session,
        serviceName: typeof serviceName === 'string' ? serviceName : serviceName(session),
        resource,
        severities,
      });
      return {
        async write(batch) {
          const records = create(batch);
          for (let from = 0; from < records.length; from += maxRecords) {
            await exportRecords(exporter, records.slice(from, from + maxRecords));
          }
        },
        close: () => exporter.shutdown(),
      };
    },
  };
}

function severityNumber(name: SeverityName): SeverityNumber {
  const found: unknown = SeverityNumber[name];
  if (typeof found === 'number' && found > 0) return found;
  const names = Object.keys(SeverityNumber).filter((key) => /^[A-Z]+\d?$/.test(key) && key !== 'UNSPECIFIED');
  throw new TypeError(`otlpSink: severity must be one of ${names.join(', ')}; found ${JSON.stringify(name)}`);
}

function positive(option: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new TypeError(`otlpSink: ${option} must be a whole number above 0, found ${String(value)}`);
}
