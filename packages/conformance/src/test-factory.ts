import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import { validatePlugin } from '@project-runner/core';
import type { PluginKind, PluginOfKind } from '@project-runner/core';

import type { It } from './suite.ts';

export interface TestFactoryOptions<K extends PluginKind> {
  kind: K;
  create(): PluginOfKind<K>;
  /** Calls the methods as the runner would, once. */
  use(plugin: PluginOfKind<K>): unknown;
}

/** Rules of every plugin, checked first: without them nothing else can be said. */
export function testFactory<K extends PluginKind>(
  it: It,
  { kind, create, use }: TestFactoryOptions<K>,
): void {
  it('factory: answers a valid plugin of its kind', () => {
    const plugin = validatePlugin(create());
    assert.equal(
      plugin.kind,
      kind,
      `kind must be ${JSON.stringify(kind)}, found ${JSON.stringify(plugin.kind)}`,
    );
  });

  it('factory: answers a plain object', () => {
    const prototype: unknown = Object.getPrototypeOf(create());
    assert.ok(
      prototype === Object.prototype || prototype === null,
      'a plugin must be a plain object, found an instance of a class: methods of a class get lost when it is spread',
    );
  });

  it('factory: answers a new object at each call, so that two runners never share one', () => {
    assert.notEqual(
      create(),
      create(),
      'the factory must make a new object at each call, found the same one twice',
    );
  });

  it('factory: does no work before a method is called', () => {
    const begun = [...process.getActiveResourcesInfo()];
    create();
    // Synchronous up to here, so whatever is new is of the factory.
    const before = begun.toSorted();
    const added = process.getActiveResourcesInfo().filter((name) => {
      const index = before.indexOf(name);
      if (index >= 0) before.splice(index, 1);
      return index < 0;
    });
    assert.deepEqual(
      added,
      [],
      `the factory must leave work to the methods, found that it began: ${added.join(', ')}`,
    );
  });

  it('factory: methods work without `this`', async () => {
    const users = new Set<string>();
    await attempt(() =>
      use(
        wrapMethods(create(), (name, method, args) => {
          const trap = new Proxy(
            {},
            { get: note, set: note, has: note, getOwnPropertyDescriptor: noteAbsent },
          );
          function note(): boolean {
            users.add(name);
            return false;
          }
          function noteAbsent(): undefined {
            users.add(name);
          }
          return Reflect.apply(method, trap, args) as unknown;
        }),
      ),
    );
    const names = [...users].join(', ');
    assert.equal(
      names,
      '',
      `${names} must use variables of the factory instead of this, which may be anything`,
    );
  });

  it('factory: methods do not change their arguments', async () => {
    const changes: string[] = [];
    await attempt(() =>
      use(
        wrapMethods(create(), (name, method, args) => {
          const before = picture(args);
          const compare = (): void => {
            const after = picture(args);
            if (after !== before)
              changes.push(`${name} must not change its arguments; ${before} became ${after}`);
          };
          const result: unknown = Reflect.apply(method, undefined, args);
          if (!(result instanceof Promise)) compare();
          return result instanceof Promise ? result.finally(compare) : result;
        }),
      ),
    );
    assert.deepEqual(changes, [], changes.join('\n'));
  });
}

type Method = (...args: unknown[]) => unknown;

function wrapMethods<T extends object>(
  plugin: T,
  call: (name: string, method: Method, args: unknown[]) => unknown,
): T {
  const wrapped = Object.entries(plugin).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === 'function' ? (...args: unknown[]) => call(name, member as Method, args) : member,
  ]);
  return Object.fromEntries(wrapped) as T;
}

/** What fails here for another reason is told by the check that is about it. */
async function attempt(use: () => unknown): Promise<void> {
  await Promise.allSettled([(async () => use())()]);
}

function picture(value: unknown): string {
  return inspect(value, { depth: 10, maxArrayLength: null, maxStringLength: null, breakLength: Infinity });
}
