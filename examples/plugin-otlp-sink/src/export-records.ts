import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';

type ExportResult = Parameters<Parameters<LogRecordExporter['export']>[1]>[0];

/**
 * Resolves when the collector has taken them. Straight to the exporter: OpenTelemetry's batching processor drops what
 * does not go through, and tells nobody who could count it.
 */
export async function exportRecords(
  exporter: LogRecordExporter,
  records: readonly ReadableLogRecord[],
): Promise<void> {
  const result = await new Promise<ExportResult>((resolve) => exporter.export([...records], resolve));
  if (result.code === 0) return;
  throw new Error(`the collector did not take ${records.length} records: ${reason(result.error)}`, {
    cause: result.error,
  });
}

/** A status without words, as 503 mostly comes, would be an empty message. */
function reason(error: (Error & { code?: unknown }) | undefined): string {
  const parts = [error?.code, error?.message].filter((part) => part !== undefined && part !== '');
  return parts.join(' ') || 'it does not say why';
}
