export { sampleSink } from './sample-sink.ts';
export type { SampleSinkOptions } from './sample-sink.ts';
