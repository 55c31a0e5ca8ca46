// `npm start` builds and deploys examples/mastra-hello through the command; `npm start -- --once` calls it and stops.
import { root, toolEnvironment } from './bootstrap.mjs';
import { build, install } from './install.mjs';
import { run } from './run.mjs';

process.stderr.write('Getting ready: Node, pnpm, dependencies, packages …\n');
const env = await toolEnvironment();
await install(env);
await build(env);
const args = process.argv.slice(2);
const ownRequests = args.some((arg) => arg === '--request' || arg.startsWith('--request='));
const requests =
  args.includes('--once') && !ownRequests ? ['--request', '/health', '--request', '/hello?name=Ada'] : [];
const { code } = await run(
  'node',
  ['packages/cli/src/main.ts', 'up', 'examples/mastra-hello', ...args, ...requests],
  { cwd: root, env },
);
process.exitCode = code;
