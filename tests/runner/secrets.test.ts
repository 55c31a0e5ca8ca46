import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';

const password = 'hunter2-hunter2';
const token = 'tok_0123456789';
const open = 'not-a-secret';

const server = `
  import { createServer } from 'node:http';
  const { DB_PASSWORD, TOKEN, OPEN } = process.env;
  createServer((_, response) => response.end('ok')).listen(process.env.PORT, process.env.HOST, () => {
    console.log('all at once', DB_PASSWORD, TOKEN, OPEN);
    process.stdout.write('in two ' + TOKEN.slice(0, 5), () =>
      setTimeout(() => process.stdout.write(TOKEN.slice(5) + ' parts\\n'), 100),
    );
    console.error('x'.repeat(65_530) + DB_PASSWORD + 'x'.repeat(65_536) + '\\nthe end');
  });`;

it('masks secret values in build logs, server logs and files, wherever output is cut', async () => {
  const { runner, dir } = testRunner();
  const path = await writeFiles(tempFolder(), {
    'server.mjs': server,
    'package.json': {
      json: {
        name: 'secrets',
        scripts: {
          start: 'node server.mjs',
          build: 'node -e "console.log(process.env.DB_PASSWORD, process.env.TOKEN, process.env.OPEN)"',
        },
      },
    },
  });
  const project = projectRecord(path, {
    envVars: [
      { key: 'DB_PASSWORD', value: password, isSecret: true },
      { key: 'OPEN', value: open },
    ],
  });
  const deployment = deploymentRecord(project);
  const lines: string[] = [];
  const build = await runner.build(
    project,
    buildRecord(deployment),
    { skipInstall: true, secrets: { TOKEN: token } },
    (line) => lines.push(line),
  );
  expect(build.status).toBe('succeeded');
  expect(lines).toContain(`${'*'.repeat(15)} ${'*'.repeat(14)} ${open}`);

  const heard: string[] = [];
  runner.setOnServerLog((_, line) => heard.push(line));
  const running = await runner.deploy(project, deployment, build, { secrets: { TOKEN: token } });
  const log = await eventually(
    () => runner.getLogs(running),
    (text) => text.includes('parts') && text.includes('the end'),
  );
  await runner.stop(running);
  expect(log).toContain(`all at once ${'*'.repeat(15)} ${'*'.repeat(14)} ${open}`);
  expect(log).toContain(`in two ${'*'.repeat(14)} parts`);
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (entry.name.endsWith('.log') || entry.name.endsWith('.json')))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  expect(files.some((text) => text.includes('all at once'))).toBe(true);
  for (const text of [log, build.logs, lines.join('\n'), heard.join('\n'), ...files]) {
    expect(text).not.toContain(password);
    expect(text).not.toContain(token);
    expect(text).not.toContain(password.slice(0, 8));
  }
});
