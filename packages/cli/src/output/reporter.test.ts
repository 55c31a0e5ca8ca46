import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

import { ProjectRunnerError } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import type { CliIo } from '../cli-io.ts';
import { createReporter } from './reporter.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';

const plain: ReporterOptions = { json: false, verbose: false };

describe('human reporter', () => {
  it('writes plain lines where there is no terminal', () => {
    const { reporter, stdout, stderr } = record(plain);
    reporter.stage('Building');
    reporter.stage('Building');
    reporter.buildLog('noise');
    reporter.built({ buildId: 'b', releaseDir: '/r', durationMs: 1230, cached: false });
    reporter.ready({ url: 'http://127.0.0.1:4112', port: 4112, pid: 7, serverId: 's', logFile: '/l' });
    reporter.log('stdout', 'out');
    reporter.log('stderr', 'err');
    reporter.response({ path: '/hello?name=Ada', status: 200, body: 'hi\n' });
    reporter.stopped();
    reporter.close();
    expect(stdout()).toBe('http://127.0.0.1:4112\nout\nGET /hello?name=Ada → 200\nhi\n');
    expect(stderr()).toBe('Building\nBuilt in 1.2 s\nReady, process 7\nerr\nStopped\n');
  });

  it('shows the last 30 lines of the build with the error', () => {
    const { reporter, stderr } = record(plain);
    for (let line = 1; line <= 40; line += 1) reporter.buildLog(`line ${line}`);
    reporter.error(
      new ProjectRunnerError('BUILD_FAILED', 'Build failed', { hint: 'look up', cause: new Error('why') }),
    );
    expect(stderr()).not.toContain('line 10\n');
    expect(stderr()).toMatch(
      /^Last lines of the build log:\n {2}line 11\n[^]*line 40\nerror \[BUILD_FAILED\] Build failed\n {2}cause: why\n {2}hint: look up\n$/,
    );
  });

  it('says once what the build log ends with', () => {
    const { reporter, stderr } = record(plain);
    for (const line of ['one', 'Error: No output', 'at /copy. Build it']) reporter.buildLog(line);
    reporter.error(new ProjectRunnerError('OUTPUT_MISSING', 'No output\nat /copy', { hint: 'Build it' }), {
      echo: 'No output\nat /copy. Build it',
      rewrite: (text) => text.replace('/copy', '/mine'),
      logFile: '/b.log',
    });
    expect(stderr()).toBe(
      'Last lines of the build log:\n  one\nerror [OUTPUT_MISSING] No output\nat /mine\n  hint: Build it\n  log: /b.log\n',
    );
  });

  it('shows the last words of a server once', () => {
    const error = new ProjectRunnerError('SERVER_EXITED', 'It exited. Its last lines:\n  boom');
    const silent = record(plain);
    silent.reporter.error(error);
    expect(silent.stderr()).toContain('boom');
    const streamed = record(plain);
    streamed.reporter.log('stderr', 'boom');
    streamed.reporter.error(error);
    expect(streamed.stderr()).toBe('boom\nerror [SERVER_EXITED] It exited\n');
  });

  it('shows log, stack and diagnostics only when verbose', () => {
    const terse = record(plain);
    terse.reporter.buildLog('noise');
    terse.reporter.logger.warn('hm');
    expect(terse.stderr()).toBe('');
    const verbose = record({ json: false, verbose: true });
    verbose.reporter.buildLog('noise');
    verbose.reporter.logger.warn('hm');
    verbose.reporter.ready({ url: 'u', port: 1, pid: 7, serverId: 's', logFile: '/l' });
    verbose.reporter.error(new Error('oh'));
    expect(verbose.stderr()).toMatch(
      /^noise\nwarn: hm\nReady, process 7\nLog: \/l\nerror \[UNEXPECTED\] oh\nError: oh\n {4}at /,
    );
  });

  it('spins on a terminal and leaves the lines whole', () => {
    const { reporter, stderr } = record(plain, { terminal: true });
    reporter.stage('Building');
    reporter.log('stderr', 'a line');
    reporter.built({ buildId: 'b', releaseDir: '/r', durationMs: 1000, cached: false });
    reporter.close();
    expect(stderr()).toContain('\u001B[?25l');
    expect(stderr().lastIndexOf('\u001B[?25h')).toBeGreaterThan(stderr().lastIndexOf('\u001B[?25l'));
    const text = stripVTControlCharacters(stderr());
    expect(text).toContain('Building 0 s');
    expect(text).toContain('a line\n');
    expect(text).toContain('✔ Built in 1.0 s\n');
  });

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('has no color with %j', (env) => {
    const { reporter, stderr } = record(plain, { terminal: true, env });
    reporter.stage('Building');
    reporter.error(new Error('oh'));
    reporter.close();
    // oxlint-disable-next-line no-control-regex
    expect(stderr()).not.toMatch(/\u001B\[[\d;]+m/);
  });

  it.each([
    ['in CI', { env: { CI: 'true' } }],
    ['on a terminal without a size', { columns: 0 }],
  ])('does not spin %s', (_, how) => {
    const { reporter, stderr } = record(plain, { terminal: true, ...how });
    reporter.stage('Building');
    expect(stderr()).toBe('Building\n');
  });
});

describe('json reporter', () => {
  it('writes one object a line to stdout and nothing else', () => {
    const { reporter, stdout, stderr } = record({ json: true, verbose: false });
    reporter.stage('Building');
    reporter.buildLog('a "line"\u2028');
    reporter.log('stderr', 'err');
    reporter.notice('n');
    reporter.logger.info('left out');
    reporter.error(new ProjectRunnerError('PLUGIN_FAILED', 'm', { hint: 'h', plugin: 'log-sink:x' }));
    reporter.error(new Error('in a copy'), { logFile: '/l', rewrite: (text) => text.toUpperCase() });
    reporter.stopped();
    reporter.close();
    const events = stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toEqual([
      { event: 'stage', stage: 'Building' },
      { event: 'build-log', line: 'a "line"\u2028' },
      { event: 'log', stream: 'stderr', line: 'err' },
      { event: 'notice', message: 'n' },
      { event: 'error', code: 'PLUGIN_FAILED', message: 'm', hint: 'h', plugin: 'log-sink:x', causes: [] },
      { event: 'error', code: 'UNEXPECTED', message: 'IN A COPY', causes: [], logFile: '/l' },
      { event: 'stopped' },
    ]);
    expect(stderr()).toBe('');
  });
});

interface Recorded {
  reporter: Reporter;
  stdout(): string;
  stderr(): string;
}

function record(
  options: ReporterOptions,
  {
    terminal = false,
    env = {},
    columns = 80,
  }: { terminal?: boolean; env?: Record<string, string>; columns?: number } = {},
): Recorded {
  const streams = { stdout: stream(terminal, columns), stderr: stream(terminal, columns) };
  const io: CliIo = { stdout: streams.stdout.stream, stderr: streams.stderr.stream, env, cwd: '/' };
  return { reporter: createReporter(io, options), stdout: streams.stdout.text, stderr: streams.stderr.text };
}

function stream(terminal: boolean, columns: number): { stream: NodeJS.WritableStream; text(): string } {
  const through = new PassThrough();
  const chunks: string[] = [];
  through.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  if (terminal) {
    // What a spinner needs of a terminal.
    Object.assign(through, {
      isTTY: true,
      columns,
      rows: 24,
      cursorTo: () => through.write('\u001B[G'),
      clearLine: () => through.write('\u001B[2K'),
      moveCursor: () => true,
      getColorDepth: () => 4,
      hasColors: () => true,
    });
  }
  return { stream: through, text: () => chunks.join('') };
}
