export { samplePorts } from './sample-ports.ts';
export type { SamplePortsOptions } from './sample-ports.ts';
