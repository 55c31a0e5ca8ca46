import { describe, expect, it } from 'vitest';

import { Projects } from './projects.ts';

describe('Projects', () => {
  it('are found by id and by subdomain, which is made of the id unless it is given', () => {
    const projects = new Projects();
    projects.put('My.Shop_1', { dir: '/shop' });
    projects.put('other', { dir: '/other', subdomain: 'Named' });
    expect(projects.bySubdomain('my-shop-1')?.projectId).toBe('My.Shop_1');
    expect(projects.bySubdomain('named')?.projectId).toBe('other');
    expect(projects.bySubdomain('other')).toBeUndefined();
  });

  it('keep their subdomain when another config does not name one, and have a new one when it does', () => {
    const projects = new Projects();
    const first = projects.put('shop', { dir: '/shop', subdomain: 'named' });
    expect(projects.put('shop', { dir: '/new' })).toBe(first);
    expect(projects.bySubdomain('named')?.config.dir).toBe('/new');
    projects.put('shop', { dir: '/new', subdomain: 'renamed' });
    expect(projects.bySubdomain('named')).toBeUndefined();
    expect(projects.bySubdomain('renamed')).toBe(first);
  });

  it('do not share a subdomain, and a removed one comes back only to a free place', () => {
    const projects = new Projects();
    const first = projects.put('shop', { dir: '/shop' });
    expect(() => projects.put('SHOP', { dir: '/other' })).toThrow(
      /subdomain must be one that project shop does not have already; found "shop"/,
    );
    expect(projects.get('SHOP')).toBeUndefined();
    projects.remove(first);
    const second = projects.put('SHOP', { dir: '/other' });
    projects.restore(first);
    expect([projects.get('shop'), projects.bySubdomain('shop')]).toEqual([undefined, second]);
    projects.remove(second);
    projects.restore(first);
    expect(projects.bySubdomain('shop')).toBe(first);
  });

  it.each(['', '.', '..', '-x', 'a/b', 'a:b', 'a b', 'x'.repeat(201)])('refuse the id %j', (id) => {
    expect(() => new Projects().put(id, { dir: '/shop' })).toThrow(TypeError);
  });
});
