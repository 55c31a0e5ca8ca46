export { fixedPorts } from './fixed-ports.ts';
export type { FixedPortsOptions } from './fixed-ports.ts';
