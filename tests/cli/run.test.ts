import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { cliEvents, runCli, spawnCli } from './spawn-cli.ts';

function folder(specs: Readonly<Record<string, string>>): {
  dir: string;
  run: (...args: string[]) => string[];
} {
  const dir = tempFolder();
  for (const [name, text] of Object.entries(specs)) writeFileSync(join(dir, name), text);
  return { dir, run: (...args) => ['run', ...args, '--state-dir', join(dir, 'state')] };
}

const sum = `
name: sum
command: >-
  node -e "const { list } = JSON.parse(process.env.PROJECT_RUNNER_INPUT);
  console.log(JSON.stringify({ sum: list.reduce((a, b) => a + b) }))"
`;

describe('project-runner run', () => {
  it('prints the output of a job, for people and for programs', async () => {
    const { dir, run } = folder({ 'sum.yaml': sum });
    const people = await runCli(run('sum.yaml', '--input', '{"list":[1,2,3]}'), { cwd: dir });
    expect(people).toMatchObject({ code: 0, stdout: '{\n  "sum": 6\n}\n' });
    expect(people.stderr).toMatch(/^sum completed after \d+\.\d s, run [\w-]+\n$/);
    writeFileSync(join(dir, 'input.json'), '{"list":[4]}');
    const program = await runCli(run('sum.yaml', '--input-file', 'input.json', '--json'), { cwd: dir });
    expect(program).toMatchObject({ code: 0, stderr: '' });
    expect(cliEvents(program.stdout)).toMatchObject([
      { event: 'result', status: 'completed', output: { sum: 4 }, name: 'sum' },
    ]);
  });

  it('tells progress, and a failure by its exit code', async () => {
    const { dir, run } = folder({
      'fails.yaml': `command: sh -c 'echo "{\\"progress\\":0.5,\\"step\\":\\"half\\"}" >> "$PROJECT_RUNNER_RESULT"; echo no >&2; exit 4'`,
      'late.yaml': 'command: sleep 30\nlimits: { timeSeconds: 0.3 }\n',
    });
    const failed = await runCli(run('fails.yaml', '--json'), { cwd: dir });
    expect(failed.code).toBe(7);
    expect(cliEvents(failed.stdout)).toMatchObject([
      { event: 'progress', progress: 0.5, step: 'half' },
      { event: 'result', status: 'failed', error: { code: 'JOB_FAILED', exitCode: 4 }, stderr: 'no\n' },
    ]);
    const late = await runCli(run('late.yaml'), { cwd: dir });
    expect(late).toMatchObject({ code: 8, stdout: '' });
    expect(late.stderr).toMatch(/late timed-out after/);
  });

  it('in the background: the run goes on without its command, for whoever waits', async () => {
    const { dir, run } = folder({});
    const gate = join(dir, 'gate');
    writeFileSync(
      join(dir, 'gated.yaml'),
      `command: sh -c 'until [ -d "${gate}" ]; do sleep 0.05; done; echo 42'\nlimits: { timeSeconds: 60 }\n`,
    );
    const started = await runCli(run('gated.yaml', '--background', '--json'), { cwd: dir });
    expect(started.code).toBe(0);
    const id = String(cliEvents(started.stdout)[0]?.id);
    const state = async (): Promise<string> => (await runCli(run('--status', id), { cwd: dir })).stdout;
    await eventually(state, (text) => text.startsWith(`${id} running gated`), 20_000);
    mkdirSync(gate);
    const waited = await runCli(run('--wait', id, '--json'), { cwd: dir });
    expect(waited.code).toBe(0);
    expect(cliEvents(waited.stdout).at(-1)).toMatchObject({
      event: 'result',
      status: 'completed',
      output: 42,
    });
    const listed = await runCli(run('--list', '--json'), { cwd: dir });
    expect(cliEvents(listed.stdout)).toMatchObject([{ event: 'state', id, status: 'completed' }]);
  });

  it('cancels what runs, and once more is no harm', async () => {
    const { dir, run } = folder({ 'long.yaml': 'command: sleep 60\n' });
    const { stdout } = await runCli(run('long.yaml', '--background', '--key', 'k'), { cwd: dir });
    const id = stdout.trim();
    const again = await runCli(run('long.yaml', '--background', '--key', 'k'), { cwd: dir });
    expect(again.stdout.trim()).toBe(id);
    const state = async () =>
      cliEvents((await runCli(run('--status', id, '--json'), { cwd: dir })).stdout)[0];
    const running = await eventually(state, (event) => typeof event?.pid === 'number', 20_000);
    const cancelled = await runCli(run('--cancel', id, '--json'), { cwd: dir });
    expect(cancelled.code).toBe(0);
    expect(cliEvents(cancelled.stdout)).toMatchObject([{ event: 'result', status: 'cancelled' }]);
    expect(isProcessAlive(Number(running?.pid))).toBe(false);
    expect((await runCli(run('--cancel', id), { cwd: dir })).code).toBe(0);
    expect((await runCli(run('--wait', id), { cwd: dir })).code).toBe(9);
  });

  it('Ctrl-C cancels the run', async () => {
    const { dir, run } = folder({ 'long.yaml': 'command: sh -c "echo $$ > pid; exec sleep 60"\n' });
    const cli = spawnCli(run('long.yaml', '--json'), { cwd: dir });
    const states = async () => cliEvents((await runCli(run('--list', '--json'), { cwd: dir })).stdout);
    const [state] = await eventually(states, ([first]) => first?.status === 'running', 20_000);
    cli.child.kill('SIGINT');
    expect(await cli.exited).toBe(130);
    expect(cliEvents(cli.stdout()).at(-1)).toMatchObject({ event: 'result', status: 'cancelled' });
    expect(isProcessAlive(Number(state?.pid))).toBe(false);
  });

  it('refuses what makes no sense', async () => {
    const { dir, run } = folder({
      'bad.yaml': 'command: a\nlimits:\n  cpus: many\n',
      'ok.yaml': 'command: "true"\n',
    });
    const refusal = async (...args: string[]): Promise<string> => {
      const { code, stderr, stdout } = await runCli(run(...args), { cwd: dir });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      return stderr;
    };
    expect(await refusal('bad.yaml')).toMatch(/bad\.yaml:3:3: limits\.cpus: expected cores/);
    expect(await refusal('none.yaml')).toMatch(/none\.yaml: there is no such file/);
    expect(await refusal('ok.yaml', '--input', '{no')).toMatch(/--input is no JSON/);
    expect(await refusal('ok.yaml', '--wait', 'x')).toMatch(/one thing at a time; found a spec and --wait/);
    expect(await refusal('--list', '--key', 'k')).toMatch(/--key needs a spec/);
    expect(await refusal('--wait', 'nobody')).toMatch(/JOB_NOT_FOUND/);
    expect(await refusal()).toMatch(/run needs a spec, --wait/);
  });
});
