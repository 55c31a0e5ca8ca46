import type { BuildStageEvent } from './build-stage.ts';
import type { ProcessExit } from './launcher-plugin.ts';
import type { RunningServer } from './running-server.ts';

/** What `runner.on(name, listener)` tells. Records are copies. */
export interface RunnerEvents {
  /** A process was started for a server: at its deploy, and at each restart. */
  spawned: [event: { server: RunningServer; run: number; pid: number }];
  /** It answers its probe. */
  ready: [event: { server: RunningServer; run: number; tookMs: number }];
  /** Its process ended, asked for or not. */
  exited: [event: { server: RunningServer; run: number; exit: ProcessExit; wanted: boolean }];
  /** It will be started again after the pause. */
  restarting: [event: { server: RunningServer; delayMs: number; restarts: number; reason: string }];
  /** It was given up. */
  crashed: [event: { server: RunningServer; reason: string; lastLines: readonly string[] }];
  /** Nothing of it runs any more and nothing will: process, port and route are gone, and state but why it crashed. */
  settled: [event: { server: RunningServer }];
  /** It was taken over from an earlier runner. */
  adopted: [event: { server: RunningServer; run: number }];
  /** Lines did not reach a sink. */
  'log-loss': [event: { serverId: string; sink: string; lines: number }];
  /** A stage of a build began or ended. All of a build come before `build` settles. */
  'build-stage': [event: BuildStageEvent];
}
