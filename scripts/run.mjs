import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const windows = process.platform === 'win32';
/** Read before anything is started: whoever sees our child's output may have killed our parent already. */
const parent = process.ppid;

/**
 * Runs a program as a direct child and passes signals on, so that no child is left behind.
 *
 * With `group`, the child and all that it starts form a process group of their own, without standard input, and the
 * whole group gets the signals: for tools that start others and do not pass signals on themselves. What is left of a
 * stopped group when the child has ended is killed. With `capture` (implies `group`) what it prints is collected.
 *
 * @returns `code`: the exit code, 128 + signal number for a death by signal, 127 if the program could not be started;
 * `stopped`: whether we were asked to stop meanwhile, whatever the child made of that; `output`: what was captured.
 */
export function run(file, args, { cwd, env, capture = false, group = capture }) {
  const output = [];
  let stopped = false;
  const forward = (signal) => {
    stopped = true;
    if (group && !windows && child.pid !== undefined) signalGroup(child.pid, signal);
    else child.kill(signal);
  };
  // Before the child can be seen: a signal that comes right then must not end us without it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  const child = spawn(file, args, {
    cwd,
    env,
    stdio: [group ? 'ignore' : 'inherit', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    detached: group && !windows,
    // On Windows, all but node itself are .cmd files.
    shell: windows && file !== 'node',
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const unwatch = whenParentEnds(() => forward('SIGTERM'));
  return new Promise((resolve) => {
    const settle = (code) => {
      unwatch();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, forward);
      resolve({ code, stopped, output: Buffer.concat(output).toString() });
    };
    child.once('error', (error) => {
      output.push(Buffer.from(`${file} could not be started: ${error.message}\n`));
      if (!capture) process.stderr.write(output.at(-1));
      settle(127);
    });
    child.once('exit', () => {
      // Shells let their background jobs ignore SIGINT.
      if (stopped && group && !windows) signalGroup(child.pid, 'SIGKILL');
    });
    child.once('close', (code, signal) => settle(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * An npm that is killed, or whose shell is, does not tell us: we would go on unseen. Started by hand, on the other hand,
 * outliving the shell (`nohup`, `disown`) is what is wanted.
 */
function whenParentEnds(callback) {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 200);
  return () => clearInterval(timer);
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: the whole group has just ended by itself.
    if (error.code !== 'ESRCH') throw error;
  }
}
