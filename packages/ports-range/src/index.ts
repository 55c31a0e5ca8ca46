export { portsRange } from './ports-range.ts';
export type { PortsRangeOptions } from './ports-range.ts';
export { surveyPorts } from './survey-ports.ts';
export type { PortSurvey } from './survey-ports.ts';
