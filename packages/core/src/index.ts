export type { Build, BuildStatus } from './build.ts';
export type { BuildStageEvent, BuildStageName } from './build-stage.ts';
export { callPlugin } from './call-plugin.ts';
export type { Command } from './command.ts';
export type { Deployment } from './deployment.ts';
export type { DirectorySnapshot } from './directory-snapshot.ts';
export type { EdgeRouter, RouteConfig, RouteInfo } from './edge-router.ts';
export type { ErrorCode } from './error-code.ts';
export type {
  BuildPlan,
  FrameworkEvidence,
  FrameworkPlugin,
  NestedInstall,
  OutputCopy,
  ReadyMessage,
  StartAddress,
  StartPlan,
} from './framework-plugin.ts';
export type { HealthProbePlugin, ProbeResult, ProbeRole, ProbeTarget } from './health-probe-plugin.ts';
export type {
  AdoptRequest,
  LauncherPlugin,
  LaunchLimits,
  LaunchSpec,
  ListeningSocket,
  OutputReceiver,
  ProcessAccount,
  ProcessExit,
  ProcessHandle,
  ProcessRef,
  StopOptions,
  TreeUsage,
} from './launcher-plugin.ts';
export type { LogBatch, LogLine, LogStreamName } from './log-batch.ts';
export type { LogEntry, LogQuery, LogSession, LogSinkPlugin, LogWriter } from './log-sink-plugin.ts';
export type { Logger } from './logger.ts';
export type { ObservabilityStorage } from './observability-storage.ts';
export type {
  EvidenceStrength,
  InstallFailure,
  InstallOptions,
  PackageManagerEvidence,
  PackageManagerPlugin,
} from './package-manager-plugin.ts';
export type { DeclaredPackageManager, PackageManifest } from './package-manifest.ts';
export type { Plugin, PluginKey, PluginKind, PluginLayer, PluginOfKind } from './plugin.ts';
export { pluginKey } from './plugin.ts';
export { PluginSet } from './plugin-set.ts';
export type {
  HeldServer,
  HeldSocket,
  HeldStart,
  PortLease,
  PortRequest,
  PortStats,
  PortStrategyPlugin,
} from './port-strategy-plugin.ts';
export type { GithubSourceConfig, LocalSourceConfig, Project, ProjectEnvVar } from './project.ts';
export type {
  BuildOptions,
  PaginatedLogEntry,
  PaginatedLogs,
  ProjectRunner,
  ResourceUsage,
  RunnerStats,
  ShutdownOptions,
  RunOptions,
  SecretsInOutput,
  ServerLogCallback,
} from './project-runner.ts';
export { ProjectRunnerError } from './project-runner-error.ts';
export type { ProjectRunnerErrorOptions } from './project-runner-error.ts';
export type { ProjectSource, ProjectSourceRequest } from './project-source.ts';
export type { ReleaseInfo } from './release-info.ts';
export type { RestartPolicy } from './restart-policy.ts';
export type { RunnerEvents } from './runner-events.ts';
export type { HealthStatus, RunningServer } from './running-server.ts';
export type { LimitInForce, LimitName, ServerLimits } from './server-limits.ts';
export type { ServerState, ServerStatus } from './server-status.ts';
export { validatePlugin } from './validate-plugin.ts';
export { wrap } from './wrap.ts';
export type { PluginOverrides } from './wrap.ts';
