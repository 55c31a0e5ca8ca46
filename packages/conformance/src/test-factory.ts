import assert from 'node:assert/strict';

import { validatePlugin } from '@project-runner/core';
import type { Plugin, PluginKind } from '@project-runner/core';

import type { It } from './suite.ts';

/** Rules of every plugin, checked first: without them nothing else can be said. */
export function testFactory(it: It, kind: PluginKind, create: () => Plugin): void {
  it('factory: answers a valid plugin of its kind', () => {
    const plugin = validatePlugin(create());
    assert.equal(plugin.kind, kind, `kind must be ${kind}`);
  });

  it('factory: answers a new object at each call, so that two runners never share one', () => {
    assert.notEqual(create(), create(), 'the factory must not hand out the same object twice');
  });

  it('factory: methods work without `this`', () => {
    const plugin = create() as unknown as Record<string, unknown>;
    for (const [name, member] of Object.entries(plugin)) {
      if (typeof member !== 'function') continue;
      const text = Function.prototype.toString.call(member);
      assert.doesNotMatch(text, /\bthis\./, `${name} uses this; the runner may call it detached`);
    }
  });
}
