export { portsRange } from './ports-range.ts';
export type { PortsRangeOptions } from './ports-range.ts';
