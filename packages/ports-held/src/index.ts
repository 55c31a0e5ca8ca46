export { portsHeld } from './ports-held.ts';
export type { PortsHeldOptions } from './ports-held.ts';
