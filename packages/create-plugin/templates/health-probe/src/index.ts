export { sampleProbe } from './sample-probe.ts';
export type { SampleProbeOptions } from './sample-probe.ts';
