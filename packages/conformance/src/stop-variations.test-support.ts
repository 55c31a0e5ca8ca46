import type { LauncherPlugin, ProcessHandle } from '@project-runner/core';

import type { Variation } from './factory-variations.test-support.ts';
import { groupLauncher, signalGroup } from './group-launcher.test-support.ts';
import { broken } from './launcher-variations.test-support.ts';

/** Another stop, whose calls join; what a check leaves behind is still stopped. */
const stopping = (
  stop: (handle: ProcessHandle, graceMs: number) => Promise<unknown>,
): (() => LauncherPlugin) =>
  broken({
    handle(handle) {
      let stopped: Promise<void> | undefined;
      const begin = async (graceMs: number): Promise<void> => void (await stop(handle, graceMs));
      return {
        stop: ({ graceMs }) => (graceMs === 0 ? handle.stop({ graceMs }) : (stopped ??= begin(graceMs))),
      };
    },
  });

/** Launchers that stop in a wrong way. */
export const stopVariations: readonly Variation<LauncherPlugin>[] = [
  [
    'stop: a process that ignores SIGTERM is gone after the grace',
    /stop must settle: SIGTERM, SIGKILL after the grace, done; waited for/,
    stopping(async ({ ref: { pid }, exited, exit }) => {
      if (!exit()) process.kill(-pid, 'SIGTERM');
      await exited;
      signalGroup(pid, 'SIGKILL');
    }),
  ],
  [
    'stop: SIGTERM comes once, and a second call joins the first',
    /one SIGTERM however often it is called, found \[ 'term 1', 'term 2' \]/,
    broken({
      handle({ ref, stop }) {
        let calls = 0;
        return {
          stop(options) {
            calls += 1;
            if (calls === 2) signalGroup(ref.pid, 'SIGTERM');
            return stop(options);
          },
        };
      },
    }),
  ],
  [
    'stop: SIGTERM comes once, and a second call joins the first',
    /leave the process its grace, found that it ended by SIGKILL/,
    () => {
      let kill = (): void => undefined;
      return groupLauncher({
        handle: ({ ref }) => {
          kill = () => signalGroup(ref.pid, 'SIGKILL');
          return {};
        },
        spec: (spec) => ({
          ...spec,
          onOutput(stream, chunk, end) {
            if (Buffer.from(chunk).includes('term 1')) kill();
            return spec.onOutput(stream, chunk, end);
          },
        }),
      });
    },
  ],
  [
    'stop: after the exit there is nothing to do',
    /must settle without an error when the process is gone[^]*ESRCH/,
    stopping(async ({ ref, stop, exit }, graceMs) => {
      if (exit()) process.kill(-ref.pid, 'SIGTERM');
      await stop({ graceMs });
    }),
  ],
  [
    'stop: SIGTERM comes once to each process of the tree',
    /must send one SIGTERM to each process of the tree; found nothing/,
    stopping(async ({ ref: { pid }, exited, exit, stop }, graceMs) => {
      if (graceMs < 1000) return stop({ graceMs });
      if (!exit()) process.kill(pid, 'SIGTERM');
      await exited;
      return signalGroup(pid, 'SIGKILL');
    }),
  ],
  [
    'stop: a child that ignores SIGTERM is gone after the grace',
    /must end each process of the tree, found a child of the process alive/,
    stopping(async ({ ref: { pid }, exited }, graceMs) => {
      signalGroup(pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    }),
  ],
];
