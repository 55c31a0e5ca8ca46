import { describe, expect, it } from 'vitest';

import { localRecords, pathUuid, slugOf } from './local-records.ts';

describe('localRecords', () => {
  it('gives a folder the same project and deployment each time, and a new build', () => {
    const one = localRecords('/srv/shop', { name: '@me/Shop' });
    const two = localRecords('/srv/shop/../shop');
    expect(one.project).toMatchObject({
      name: '@me/Shop',
      slug: 'me-shop',
      sourceConfig: { path: '/srv/shop' },
    });
    expect(one.deployment).toMatchObject({ id: one.build.deploymentId, projectId: one.project.id });
    expect([two.project.id, two.deployment.id]).toEqual([one.project.id, one.deployment.id]);
    expect(two.project.name).toBe('shop');
    expect(two.build.id).not.toBe(one.build.id);
  });
});

describe('pathUuid', () => {
  it('is a UUID of version 5 form that depends on both parts', () => {
    expect(pathUuid('project', '/a')).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    );
    expect(new Set([pathUuid('project', '/a'), pathUuid('project', '/b'), pathUuid('team', '/a')]).size).toBe(
      3,
    );
  });
});

describe('slugOf', () => {
  it.each([
    ['My_Project 123!', 'my-project-123'],
    ['@scope/pkg', 'scope-pkg'],
    ['日本', 'project'],
  ])('%s → %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });
});
