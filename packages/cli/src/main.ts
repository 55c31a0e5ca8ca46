#!/usr/bin/env node
import { processIo } from './cli-io.ts';
import { divertConsole } from './output/divert-console.ts';
import { runCli } from './run-cli.ts';

const io = processIo();
// A reader that went away (`--help | head`) is no crash; commands that run listen themselves, and stop.
for (const stream of [io.stdout, io.stderr]) stream.on('error', () => {});
divertConsole(io.stderr);
const code = await runCli(process.argv.slice(2), io);
// Output to pipes is asynchronous on some platforms: leave when it is out, and do not wait for what idles.
await Promise.all(
  [io.stdout, io.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
);
process.exit(code);
