import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../build/build-fixture.test-support.ts';
import type { Files } from '../build/build-fixture.test-support.ts';
import { findTurbo } from './find-turbo.ts';

const files: Files = {
  'package.json': { json: { packageManager: 'npm@11.0.0' } },
  'turbo.json': '{ // tasks\n "tasks": { "build": { "dependsOn": ["^build"] } } }',
  'node_modules/turbo/bin/turbo': '',
  'apps/web/package.json': { json: {} },
};

const find = (changes: Files = {}, without?: string, path = 'apps/web'): readonly string[] | undefined => {
  const kept = Object.entries({ ...files, ...changes }).filter(([name]) => name !== without);
  const rootDir = writeFiles(tempFolder(), Object.fromEntries(kept));
  const run = { rootDir, projectDir: join(rootDir, path), script: 'build', dependenciesOnly: false };
  return findTurbo(run)?.args.slice(2, 4);
};
const command = ['build', '--filter={./apps/web}...'];

it('builds a project with what it depends on', () => {
  expect(find()).toEqual(command);
  expect(find({ 'turbo.json': '{"pipeline":{"web#build":{}}}' })).toEqual(command);
  expect(find({ 'turbo.jsonc': '{"tasks":{"build":{}}}' }, 'turbo.json')).toEqual(command);
});

it('is not for workspaces that use something else, and not for names that are filters', () => {
  expect(find({ 'turbo.json': '{"tasks":{"test":{"dependsOn":["build"]}}}' })).toBeUndefined();
  expect(find({}, 'turbo.json')).toBeUndefined();
  expect(find({}, 'node_modules/turbo/bin/turbo')).toBeUndefined();
  expect(find({ 'package.json': { json: {} } })).toBeUndefined();
  expect(find({}, undefined, 'apps/{web,other}')).toBeUndefined();
  expect(find({}, undefined, 'apps/(web)')).toBeUndefined();
});
