// `npm start`: builds and deploys examples/mastra-hello through the CLI. `npm start -- --once` calls it once and stops.
import { run, toolEnvironment } from './bootstrap.mjs';
import { build, install } from './install.mjs';

process.stderr.write('Getting ready: Node, pnpm, dependencies, packages …\n');
const env = toolEnvironment();
install(env);
build(env);
const args = process.argv.slice(2);
const requests = args.includes('--once') ? ['--request', '/health', '--request', '/hello?name=Ada'] : [];
process.exitCode = await run(
  'node',
  ['packages/cli/src/main.ts', 'up', 'examples/mastra-hello', ...args, ...requests],
  env,
);
