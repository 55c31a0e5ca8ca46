export { otlpSink } from './otlp-sink.ts';
export type { OtlpSinkOptions, SeverityName } from './otlp-sink.ts';
