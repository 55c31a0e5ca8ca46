import { yarn } from '@project-runner/pm-yarn';
import { expect, it } from 'vitest';

import { checkManagerVersion } from './manager-version.ts';

const wants = (version: string): Parameters<typeof checkManagerVersion>[0] => ({
  plugin: yarn(),
  installDir: '/project',
  reason: 'declared by /project/package.json',
  version,
});

it('tells no password of the address that the project asks for', () => {
  const lines: string[] = [];
  checkManagerVersion(wants('https://user:tok3n@example.test/yarn-4.js'), '5.0.0', (line) =>
    lines.push(line),
  );
  expect(lines).toEqual([
    'Warning: the project asks for yarn https://example.test/yarn-4.js, found is 5.0.0',
  ]);
  expect(() =>
    checkManagerVersion(wants('https://user:tok1@example.test/yarn'), '4.1.0', () => {}),
  ).toThrowError(
    expect.objectContaining({
      message: 'the project asks for yarn https://example.test/yarn, found is 4.1.0',
      hint: 'Install yarn https://example.test/yarn on this machine and see that it is on PATH',
    }),
  );
});
