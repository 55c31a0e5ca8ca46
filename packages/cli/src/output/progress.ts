import ora from 'ora';

import type { CliIo } from '../cli-io.ts';

export interface Progress {
  /** A new stage begins; the same name again changes nothing. */
  stage(name: string): void;
  /** Writes something without tearing the spinner's line. */
  aside(write: () => void): void;
  /** What was under way is done. */
  done(text: string): void;
  fail(): void;
  stop(): void;
}

/** A spinner with stage and seconds on a terminal; plain lines in pipes, in CI and on terminals that cannot do it. */
export function createProgress(io: CliIo): Progress {
  return isCapable(io) ? createSpinner(io, io.stderr as NodeJS.WriteStream) : createLines(io);
}

function isCapable({ stderr, env }: CliIo): boolean {
  if (!('isTTY' in stderr) || !stderr.isTTY || env.CI || env.TERM === 'dumb') return false;
  // A pseudo-terminal nobody gave a size has 0 columns: ora would count infinitely many lines, and clear them all.
  return stderr.columns > 0;
}

function createLines({ stderr }: CliIo): Progress {
  let current = '';
  return {
    stage(name) {
      if (name !== current) stderr.write(`${name}\n`);
      current = name;
    },
    aside: (write) => write(),
    done: (text) => void stderr.write(`${text}\n`),
    fail() {},
    stop() {},
  };
}

function createSpinner(io: CliIo, stream: NodeJS.WriteStream): Progress {
  let startedAt = Date.now();
  const spinner = ora({
    stream,
    isEnabled: true,
    color: io.env.NO_COLOR ? false : 'cyan',
    suffixText: () => `${Math.floor((Date.now() - startedAt) / 1000)} s`,
    // Reading stdin would take Ctrl-C from the terminal driver.
    discardStdin: false,
  });
  return {
    stage(name) {
      if (spinner.isSpinning && spinner.text === name) return;
      startedAt = Date.now();
      spinner.start(name);
    },
    aside(write) {
      if (!spinner.isSpinning) return write();
      spinner.clear();
      write();
      spinner.render();
    },
    done(text) {
      if (spinner.isSpinning) spinner.stopAndPersist({ symbol: '✔', text, suffixText: '' });
      else stream.write(`${text}\n`);
    },
    fail() {
      if (spinner.isSpinning) spinner.stopAndPersist({ symbol: '✖', suffixText: '' });
    },
    stop: () => void spinner.stop(),
  };
}
