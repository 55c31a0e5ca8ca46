import type { RunOptions } from '@project-runner/core';
import { expect, it } from 'vitest';

import { checkDeploy } from './check-deploy.ts';
import { buildRecord, deploymentRecord, projectRecord } from './records.test-support.ts';

const project = projectRecord('/shop');
const all = { project, deployment: deploymentRecord(project), build: buildRecord(), options: {} };

it('answers what it was given', () => {
  expect(checkDeploy(all)).toBe(all);
});

it.each<[object, RegExp]>([
  [{ project: undefined }, /project must be a record with an id that is a string; found undefined/],
  [{ deployment: {} }, /deployment must be a record with an id that is a string; found id undefined/],
  [{ build: { id: 7 } }, /build must be .* found id 7/],
])('refuses %j', (wrong, message) => {
  expect(() => checkDeploy({ ...all, ...wrong })).toThrowError(message);
});

it('refuses an option that is none', () => {
  const options = { prot: 4150 } as RunOptions;
  expect(() => checkDeploy({ ...all, options })).toThrowError(
    /unknown key for prot: expected one of envVars, .*port.*, found 4150/,
  );
});
