import { Command, CommanderError } from 'commander';
import { expect, it } from 'vitest';

import { usageError } from './usage-error.ts';

const program = new Command();
program.command('up').option('--json').option('--port <number>');
program.command('build').option('--json');

it.each([
  [['--json', 'up'], '--json', 'Options follow the command: project-runner up --json. '],
  [['--json'], '--json', 'Options follow the command: project-runner up --json. '],
  [['--port=1', 'build'], '--port=1', 'Options follow the command: project-runner build --port. '],
  [['build', '--port', '1'], '--port', '--port is only for up. '],
  [['--bogus', 'up'], '--bogus', 'Did you mean --both? '],
  [['up', '--bogus'], '--bogus', 'Did you mean --both? '],
])('%j', (argv, option, hint) => {
  const message = `error: unknown option '${option}'\n(Did you mean --both?)`;
  const error = usageError(new CommanderError(1, 'commander.unknownOption', message), program, argv);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: `unknown option '${option}'` });
  expect(error.hint).toMatch(hint);
  expect(error.hint).toMatch(/See project-runner --help$/);
});
