export type { AccessLogEntry, RequestOutcome } from './access-log-entry.ts';
export { createRouterHttp } from './create-router-http.ts';
export type { CloseOptions, RouteHealth, RouterAddress, RouterHttp } from './router-http.ts';
export type {
  AccessLogReceiver,
  HoldOptions,
  LimitOptions,
  PublicAddress,
  RouterHttpOptions,
} from './router-http-options.ts';
export type { DeploymentStats, LatencyStats, RouterStats } from './router-stats.ts';
export { accessLogSession } from './sink-log.ts';
export type { TlsCertificate, TlsFiles, TlsPem, WrittenTls } from './tls-option.ts';
export type { Wake, WakeRequest } from './wake.ts';
