export { HealthChecker } from './advanced/health-checker.ts';
export {
  detectPackageManager,
  getBuildArgs,
  getInstallArgs,
  hasBuildScript,
} from './advanced/package-manager-args.ts';
export { PortAllocator } from './advanced/port-allocator.ts';
export { cleanupResourceMonitor, getProcessResourceUsage } from './advanced/process-resource-usage.ts';
export { runCommand, spawnCommand } from './advanced/spawn-command.ts';
export type { CommandResult, SpawnCommandOptions } from './advanced/spawn-command.ts';
export { ProjectBuilder } from './build/project-builder.ts';
export type { BuildRequest, ProjectBuilderParts } from './build/project-builder.ts';
export { composePlugins } from './compose-plugins.ts';
export type { HealthCheckConfig, ResolvedConfig, RunnerConfig } from './config.ts';
export { createProjectRunner } from './create-project-runner.ts';
export { diagnose } from './diagnose/diagnose.ts';
export type { DiagnosedPlugin, DiagnoseOptions, Diagnosis } from './diagnose/diagnose.ts';
export { explainComposition } from './diagnose/explain-composition.ts';
export type { ComposedPlugin, Composition } from './diagnose/explain-composition.ts';
export type { DiagnosisCheck, Finding } from './diagnose/finding.ts';
export type { PluginSource } from './diagnose/plugin-sources.ts';
export { explainProject } from './explain/explain-project.ts';
export type { ExplainOptions } from './explain/explained-project.ts';
export type { ExplainedCache, ExplainedCommand, ProjectExplanation } from './explain/project-explanation.ts';
export { defaultPlugins } from './default-plugins.ts';
export { defaultStateDir } from './default-state-dir.ts';
export { localRecords } from './local-records.ts';
export type { LocalRecords } from './local-records.ts';
export { LocalProcessRunner } from './local-process-runner.ts';
export {
  createBuildLogStream,
  createFilteredLogStream,
  createMultiLogStream,
} from './logs/build-log-streams.ts';
export { filterSink } from './logs/filter-sink.ts';
export type { SinkFilter } from './logs/filter-sink.ts';
export { LogCollector } from './logs/log-collector.ts';
export { memorySink } from './logs/memory-sink.ts';
export { RingBuffer } from './logs/ring-buffer.ts';
export { resolveConfig } from './resolve-config.ts';
export { restartPause } from './server/restart-policy.ts';
export { ProcessManager } from './server/process-manager.ts';
export type { CommandDeployment, ServerCommand } from './server/server-command.ts';
export { ServerSupervisor } from './server/server-supervisor.ts';
export { stopOnSignals } from './stop-on-signals.ts';
export type { StopOnSignalsOptions } from './stop-on-signals.ts';
export { SubdomainGenerator } from './subdomain-generator.ts';
export type { ParsedSubdomain } from './subdomain-generator.ts';
export { allowOptions } from './project-options/allow-options.ts';
export type { AllowedOptions, ProjectPlugin, RulesFor } from './project-options/allow-options.ts';
export { optionRules } from './project-options/option-rules.ts';
export type { OptionRule } from './project-options/option-rules.ts';
export type { PluginWrappers } from './wrap-plugin.ts';
