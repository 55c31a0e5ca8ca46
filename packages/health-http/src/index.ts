export { healthHttp } from './health-http.ts';
export type { HealthHttpOptions } from './health-http.ts';
