import { styleText } from 'node:util';

import type { Logger } from '@project-runner/core';

import type { CliIo } from '../cli-io.ts';
import { describeError } from './describe-error.ts';
import { isColorful } from './is-colorful.ts';
import { createProgress } from './progress.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';

/** Build log lines shown when a build fails. */
const shownLines = 30;

/**
 * For people: progress, notices and errors go to stderr, what was asked for (the URL, answers, the server's own
 * stdout) goes to stdout.
 */
export function createHumanReporter(io: CliIo, { verbose }: Omit<ReporterOptions, 'json'>): Reporter {
  const progress = createProgress(io);
  const buildLines: string[] = [];
  let logsShown = false;

  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    isColorful(io.stderr, io.env) ? styleText(style, text, { validateStream: false }) : text;
  const print = (text: string): void => progress.aside(() => io.stdout.write(`${text}\n`));
  const tell = (text: string): void => progress.aside(() => io.stderr.write(`${text}\n`));

  const diagnostic =
    (level: keyof Logger) =>
    (message: string): void => {
      if (verbose || level === 'error') tell(paint('dim', `${level}: ${message}`));
    };

  return {
    stage: (name) => progress.stage(name),
    buildLog(line) {
      buildLines.push(line);
      if (buildLines.length > shownLines) buildLines.shift();
      if (verbose) tell(paint('dim', line));
    },
    built({ releaseDir, durationMs, cached }) {
      const what = cached ? 'Built before, nothing has changed since; ready' : 'Built';
      progress.done(`${what} in ${(durationMs / 1000).toFixed(1)} s`);
      buildLines.length = 0;
      if (verbose) tell(paint('dim', `Release: ${releaseDir}`));
    },
    release: print,
    ready({ url, pid, logFile }) {
      progress.done(pid === null ? 'Ready' : `Ready, process ${pid}`);
      if (verbose && logFile) tell(paint('dim', `Log: ${logFile}`));
      print(url);
    },
    log(stream, line) {
      logsShown = true;
      if (stream === 'stdout') print(line);
      else tell(line);
    },
    response({ path, status, body }) {
      print(`GET ${path} → ${status ?? 'no answer'}`);
      if (body !== '') print(body.replace(/\n$/, ''));
    },
    notice: tell,
    stopped: () => progress.done('Stopped'),
    error(error, { logFile, echo, rewrite, hint: ownHint } = {}) {
      progress.fail();
      const lines = withoutEcho(buildLines, echo);
      if (!verbose && lines.length > 0) {
        tell(`Last lines of the build log:\n${lines.map((line) => `  ${line}`).join('\n')}`);
      }
      const { code, message, hint = ownHint, causes, stack } = describeError(error, rewrite);
      // The server's last words are part of the message, for callers who did not see them as they came.
      const text = logsShown ? message.replace(/\. Its last lines:\n[^]*$/, '') : message;
      tell(`${paint('red', `error [${code}]`)} ${text}`);
      for (const cause of causes) tell(`  cause: ${cause}`);
      if (hint) tell(`  hint: ${hint}`);
      if (logFile) tell(`  log: ${logFile}`);
      if (verbose && stack) tell(paint('dim', stack));
    },
    logger: {
      debug: diagnostic('debug'),
      info: diagnostic('info'),
      warn: diagnostic('warn'),
      error: diagnostic('error'),
    },
    close: () => progress.stop(),
  };
}

/** The runner ends the log of a build that fails with its error, which is shown anyway. */
function withoutEcho(lines: readonly string[], echo: string | undefined): readonly string[] {
  if (echo === undefined) return lines;
  const last = `Error: ${echo}`.split(/\r\n|\r|\n/);
  const rest = lines.slice(0, -last.length);
  return last.every((line, index) => line === lines[rest.length + index]) ? rest : lines;
}
