import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { packPackages } from '../support/pack-packages.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';

const run = promisify(execFile);

const script = `
import { randomUUID } from 'node:crypto';
import { LocalProcessRunner } from '@project-runner/runner';

const runner = new LocalProcessRunner({ portRange: { start: 21_400, end: 21_450 }, stateDir: './state' });
runner.setSource({ getProjectPath: ({ path }) => Promise.resolve(path) });
const project = { id: randomUUID(), name: 'hello', slug: 'hello', sourceType: 'local', sourceConfig: { path: './hello' } };
const deployment = { id: randomUUID(), projectId: project.id, type: 'production', branch: 'main' };
const build = await runner.build(project, { id: randomUUID() });
if (build.status === 'failed') throw new Error(build.errorMessage);
const server = await runner.deploy(project, deployment, build);
console.log(await (await fetch('http://127.0.0.1:' + server.port)).text());
await runner.shutdown();
`;

/** Leaves a job that is to be ended by its deadline, to the keeper: nobody asks for it. */
const jobScript = `
import { createJobs } from '@project-runner/jobs';

const jobs = createJobs({ stateDir: './jobs' });
const late = await jobs.createContext({ command: 'sleep 60', limits: { timeSeconds: 0.5 } });
const { id } = await jobs.executeBackground(late);
const sum = await jobs.createContext('sum.yaml');
const { output } = await jobs.execute(sum, { input: [1, 2] });
process.stdout.write(JSON.stringify({ id, output }), () => process.kill(process.pid, 'SIGKILL'));
`;

describe('the packed packages', () => {
  it('build and run a server from a 15-line script in an empty folder, run jobs, and bring the command', async () => {
    const dir = tempFolder();
    const env = { ...process.env, npm_config_user_agent: '' };
    const tarballs = await packPackages(join(dir, 'tarballs'));
    const overrides = Object.fromEntries(
      Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`]),
    );
    const app = await writeFiles(dir, {
      'package.json': { json: { name: 'host', type: 'module', private: true, dependencies: overrides } },
      'host.mjs': script,
      'jobs.mjs': jobScript,
      'sum.yaml':
        'command: [node, -p, "JSON.stringify({ sum: JSON.parse(process.env.PROJECT_RUNNER_INPUT).reduce((a, b) => a + b) })"]\n',
      'hello/package.json': { json: { name: 'hello', type: 'module', main: 'server.js' } },
      'hello/server.js':
        "import { createServer } from 'node:http';\ncreateServer((_, r) => r.end('hello from a tarball')).listen(process.env.PORT, process.env.HOST);",
    });
    await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: app, env });
    const { stdout } = await run(process.execPath, ['host.mjs'], { cwd: app, env });
    expect(stdout.trim()).toBe('hello from a tarball');
    const cli = join(app, 'node_modules/.bin/project-runner');
    const path = `${dirname(process.execPath)}:${process.env.PATH}`;
    const once = await run(
      cli,
      ['up', 'hello', '--once', '--request', '/', '--state-dir', join(dir, 'cli')],
      { cwd: app, env: { ...env, PATH: path } },
    );
    expect(once.stdout + once.stderr).toContain('hello from a tarball');

    const killed = (await run(process.execPath, ['jobs.mjs'], { cwd: app, env }).catch(
      (error: unknown) => error,
    )) as { stdout: string };
    const { id, output } = JSON.parse(killed.stdout) as { id: string; output: unknown };
    expect(output).toEqual({ sum: 3 });
    await eventually(
      () => readFileSync(join(app, 'jobs/runs', id, 'run.jsonl'), 'utf8'),
      (record) => record.includes('"status":"timed-out"'),
      30_000,
    );
    const summed = await run(cli, ['run', 'sum.yaml', '--input', '[3, 4]', '--state-dir', 'jobs'], {
      cwd: app,
      env: { ...env, PATH: path },
    });
    expect(JSON.parse(summed.stdout)).toEqual({ sum: 7 });
  });
});
