import type { SeverityNumber } from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { LogBatch, LogSession, LogStreamName } from '@project-runner/core';

export interface ToRecordsOptions {
  session: LogSession;
  serviceName: string;
  resource: Readonly<Record<string, string | number | boolean>>;
  severities: Readonly<Record<LogStreamName, { severityText: string; severityNumber: SeverityNumber }>>;
}

/** OpenTelemetry groups records by these very objects, so that each goes over the wire once a request. */
const instrumentationScope = { name: 'project-runner' };

/** Makes a record of each line. */
export function toRecords({
  session,
  serviceName,
  resource,
  severities,
}: ToRecordsOptions): (batch: LogBatch) => ReadableLogRecord[] {
  const whose = defaultResource().merge(
    resourceFromAttributes({
      'service.name': serviceName,
      'service.instance.id': session.serverId,
      'project_runner.deployment.id': session.deploymentId,
      'project_runner.project.id': session.projectId,
      'project_runner.build.id': session.buildId,
      ...resource,
    }),
  );
  return ({ stream, time, sequence, lines }) => {
    const ms = time.getTime();
    const hrTime: [number, number] = [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
    return Array.from(lines(), ({ text, partial }, index) => ({
      // The server says no time of its own: what is known is when its line was read.
      hrTime,
      hrTimeObserved: hrTime,
      ...severities[stream],
      body: text,
      resource: whose,
      instrumentationScope,
      attributes: {
        'log.iostream': stream,
        'project_runner.sequence': sequence + index,
        ...(partial ? { 'project_runner.partial': true } : {}),
      },
      droppedAttributesCount: 0,
    }));
  };
}
