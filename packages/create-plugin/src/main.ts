#!/usr/bin/env node
import { runCreate } from './run-create.ts';

process.exitCode = await runCreate(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  error: process.stderr,
  interactive: process.stdin.isTTY && process.stdout.isTTY,
});
