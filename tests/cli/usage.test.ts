import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { cliEvents, runCli } from './spawn-cli.ts';

describe('help and version', () => {
  it.each([['--help'], ['up', '--help'], ['build', '-h'], ['help']])('%s %s', async (...args) => {
    const { code, stdout, stderr } = await runCli(args.filter((arg) => arg !== undefined));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: project-runner');
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('Exit codes:');
  });

  it.each(['inspect', 'doctor'])('says that %s evaluates the configuration', async (command) => {
    const { stdout } = await runCli([command, '--help']);
    expect(stdout).toMatch(/^Evaluates the configuration/m);
    expect(stdout).not.toMatch(/Nothing of the project is run/);
  });

  it.each(['--version', '-v'])('shows the version for %s', async (flag) => {
    const { code, stdout } = await runCli([flag]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('shows the help where there is no command, and that this was wrong', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: project-runner');
  });
});

describe('wrong usage', () => {
  it.each([
    [['upp'], "unknown command 'upp'", 'Did you mean up?'],
    [['up', '--prot', '1'], "unknown option '--prot'", 'Did you mean --port?'],
    [['up', '--port', 'x'], "argument 'x' is invalid. Expected a whole number from 1 to 65535", '--help'],
    [['up', '--port', '70000'], "argument '70000' is invalid", '--help'],
    [['up', 'a', 'b'], "too many arguments for 'up'", '--help'],
    [['up', '--request', '/x'], '--request needs --once', '--help'],
    [['up', '--secret'], "option '--secret <name>' argument missing", '--help'],
    [['build', '--port', '1'], "unknown option '--port'", '--port is only for up. '],
    [['--port=1'], "unknown option '--port", 'Options follow the command: project-runner up --port. '],
  ])('%j', async (args, message, hint) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error \[CONFIG_INVALID\] /);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\n {2}hint: /);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    [['up', '--json', '--bogus'], "unknown option '--bogus'"],
    [['--json', 'up'], "unknown option '--json'"],
  ])('is an event with --json: %j', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(cliEvents(stdout)).toEqual([
      expect.objectContaining({ event: 'error', code: 'CONFIG_INVALID', message }),
    ]);
  });
});

describe('wrong folder, variables or configuration', () => {
  const project = { 'package.json': '{}' };
  it.each([
    ['PROJECT_NOT_FOUND', ['nowhere'], {}, 'There is no folder'],
    ['PROJECT_NOT_FOUND', ['file'], { file: '' }, 'is a file, expected the folder'],
    ['MANIFEST_MISSING', ['.'], {}, 'has no package.json'],
    ['MANIFEST_INVALID', ['.'], { 'package.json': '{' }, 'is not valid JSON'],
    ['MANIFEST_INVALID', ['.'], { 'package.json': '[]' }, 'must hold a JSON object'],
    ['ENV_FILE_INVALID', ['.', '--env-from', 'none.env'], project, 'none.env cannot be read'],
    [
      'CONFIG_INVALID',
      ['.'],
      { ...project, 'project-runner.config.mjs': 'export default { plugin: [] }' },
      'unknown key "plugin", did you mean "plugins"?',
    ],
    [
      'CONFIG_INVALID',
      ['.'],
      { ...project, 'project-runner.config.js': '', 'project-runner.config.json': '{}' },
      'has more than one configuration: project-runner.config.js, project-runner.config.json',
    ],
    ['CONFIG_INVALID', ['.', '--env', '=x'], project, '--env expects NAME=VALUE'],
    ['CONFIG_INVALID', ['.', '--env', 'NOT_SET_HERE'], project, 'NOT_SET_HERE is not set in this shell'],
    ['CONFIG_INVALID', ['.', '--config', 'none.ts'], project, 'is not there'],
    [
      'CONFIG_INVALID',
      ['.'],
      { ...project, 'project-runner.config.json': '{"portRange":5}' },
      'project-runner.config.json: wrong value for portRange',
    ],
    [
      'CONFIG_INVALID',
      ['.'],
      { ...project, 'project-runner.config.mjs': "throw new Error('boom')" },
      'project-runner.config.mjs cannot be loaded: boom',
    ],
    [
      'PLUGIN_INVALID',
      ['.'],
      {
        ...project,
        'project-runner.config.ts': "export default { plugins: [{ kind: 'log-sink' as string }] };",
      },
      'project-runner.config.ts: [log-sink:?] must have a name',
    ],
  ])('%s %j', async (errorCode, args, files, message) => {
    const cwd = await writeFiles(tempFolder(), files);
    const { code, stdout, stderr } = await runCli(['up', ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error [${errorCode}] `);
    expect(stderr).toContain(message);
  });
});
