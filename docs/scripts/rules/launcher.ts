import type { Rule } from './rule.ts';

export const launcher: readonly Rule[] = [
  {
    text: '`launch`: exactly the environment, folder and arguments given; a program that is not there is `SPAWN_FAILED`.',
    checks: [
      'launch: nothing of the environment is inherited',
      'launch: the environment given arrives',
      'launch: the process runs in the folder given',
      'launch: arguments arrive as they are, whatever a shell would make of them',
      'launch: a program that is not there is SPAWN_FAILED',
    ],
  },
  {
    text: '`stdin` is a file to read; `claim` one to make right before the program starts, and where it is there already nothing starts.',
    checks: [
      'launch: stdin is the file that was named',
      'launch: makes the claim before the program starts',
      'launch: starts nothing where the claim is taken',
    ],
  },
  {
    text: 'With `ipc` messages of the process go to `onMessage`.',
    checks: ['launch: with ipc its messages arrive'],
  },
  {
    text: 'With `inherits: true`: the process gets the descriptors of `inherit` as 3 and on; an IPC channel comes after them.',
    checks: ['launch: descriptors of inherit arrive as 3 and 4'],
  },
  {
    text: '`exited` as the system says it: a code or a signal, never invented.',
    checks: [
      'launch: the exit code is the one of the process',
      'launch: death by a signal has no exit code',
      'launch: exited waits for nobody who holds the pipes',
      'exit: null while it runs, then how it ended',
    ],
  },
  { text: 'All output before `closed`.', checks: ['onOutput: all output is handed over before closed'] },
  {
    text: '`stop`: one SIGTERM to each process of the tree, SIGKILL after the grace, done when the tree is gone; calls join.',
    checks: [
      'stop: a process that ignores SIGTERM is gone after the grace',
      'stop: SIGTERM comes once, and a second call joins the first',
      'stop: after the exit there is nothing to do',
      'stop: SIGTERM comes once to each process of the tree',
      'stop: a child that ignores SIGTERM is gone after the grace',
    ],
  },
  {
    text: '`usage`: the whole tree; `null` when it is gone.',
    checks: ['usage: memory while it runs, of the whole tree', 'usage: null when the tree is gone'],
  },
  {
    text: '`listening`: the sockets of the whole tree; `null` where the platform does not tell.',
    checks: ['listening: the ports of the tree, or null where the platform does not tell'],
  },
  {
    text: "`onOutput`: each stream in its order, told from the other; `end` counts the bytes of its stream, with the chunk, which is the receiver's from then on;",
    checks: [
      'onOutput: stdout and stderr are told apart',
      'onOutput: end counts the bytes of each stream',
      'onOutput: a chunk is not changed once it was handed over',
    ],
  },
  {
    text: 'what you give up unread goes to `onDropped` and counts, too.',
    unproved: 'How much is kept before something is given up, is up to the launcher',
  },
  {
    text: 'Where it answers a promise, read on when that has settled.',
    checks: [
      'onOutput: its promise is waited for before more of stdout',
      'onOutput: its promise is waited for before more of stderr',
    ],
  },
  {
    text: 'To make no garbage, ask the optional `memory(bytes)` for memory, read into it, and hand over its beginning.',
    unproved: 'A launcher need not ask',
  },
  {
    text: 'A launcher with `adopt` lets processes outlive the runner; say `durable: true` to its suite, or `false` where the platform does not let it.',
    checks: [
      'adopt: a launcher that has it says whether it is durable',
      'durable: is false only where no process outlives its handle',
    ],
  },
  {
    text: 'All of the above holds for a process with a folder (`spec.dir`, empty, all yours), and:',
    checks: ['launch: the exit code is the one of the process, with a folder'],
  },
  {
    text: 'Pid, output and exit code must outlive the runner, so output goes to files or to somebody else than the runner.',
    checks: [
      'adopt: output goes on where it was left, nothing doubled or missing',
      'adopt: one that ended meanwhile has its exit code and the rest of its output',
    ],
  },
  {
    text: '`adopt(request)`: the process itself, found by its folder alone and by another plugin than the one that launched it.',
    checks: ['adopt: the process goes on, found by its folder alone'],
  },
  {
    text: 'Read on exactly at `from`, which is any byte that was not released, with `end` counting from there;',
    checks: [
      'adopt: output goes on where it was left, nothing doubled or missing',
      'adopt: from may be any byte that was not released',
    ],
  },
  {
    text: 'at one that was, read on behind what was released.',
    unproved: 'When the space of what was released is given back, if at all, is up to the launcher',
  },
  {
    text: 'One that ended meanwhile has its exit code and the rest of its output.',
    checks: ['adopt: one that ended meanwhile has its exit code and the rest of its output'],
  },
  {
    text: "`null` where there is no trace: an identity whose pid is somebody else's by now is none.",
    checks: ['adopt: null where there is no trace'],
  },
  {
    text: '`stop` of an adopted process is that of any other.',
    checks: [
      'stop: an adopted process has its grace and its last words',
      'stop: the tree of an adopted process is gone',
    ],
  },
  {
    text: '`detach`: the process lives on, and no callback comes after it, not even when a promise of `onOutput` settles then.',
    checks: ['detach: the process lives on, and no callback comes any more'],
  },
  {
    text: '`closed` waits for the promise of the last `onOutput`.',
    checks: ['closed: waits for the promise of the last onOutput'],
  },
  {
    text: 'Optional: `readOutput` (bytes; zeros for what was released), `release` (gives up nothing after its `end`), `environment` (exactly `spec.env`, or `null`).',
    checks: [
      'readOutput: answers kept output again',
      'release: gives up nothing but what it names',
      'environment: what it was started with, or null',
    ],
  },
];
