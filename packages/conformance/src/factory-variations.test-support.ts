import type { Plugin } from '@project-runner/core';

/** A broken plugin: the check that must find it, what the message must tell, and the plugin. */
export type Variation<T extends Plugin> = readonly [check: string, message: RegExp, create: () => T];

type Method = (...args: unknown[]) => unknown;

/** Breaks a good plugin in each way that the factory checks know. `method` is one with an object among its arguments. */
export function factoryVariations<T extends Plugin>(
  create: () => T,
  method: keyof T & string,
  timers: NodeJS.Timeout[],
): Variation<T>[] {
  const good = create();
  const replaced = (wrap: (original: Method) => (this: unknown, ...args: unknown[]) => unknown) => (): T => {
    const plugin = create();
    return { ...plugin, [method]: wrap(plugin[method] as Method) };
  };
  return [
    [
      'factory: answers a valid plugin of its kind',
      /apiVersion 2, this core supports 1/,
      () => ({ ...create(), apiVersion: 2 }) as unknown as T,
    ],
    [
      'factory: answers a valid plugin of its kind',
      /kind must be .*found "/,
      () => ({ ...otherMembers, ...create(), kind: otherKind(good) }) as unknown as T,
    ],
    [
      'factory: answers a plain object',
      /must be a plain object, found an instance of a class/,
      () => Object.assign(Object.create({ inherited: true }), create()) as T,
    ],
    [
      'factory: answers a new object at each call, so that two runners never share one',
      /new object/,
      () => good,
    ],
    [
      'factory: does no work before a method is called',
      /leave work to the methods, found that it began: Timeout/,
      () => {
        timers.push(setInterval(() => undefined, 1000));
        return create();
      },
    ],
    [
      'factory: methods work without `this`',
      new RegExp(`${method} must use variables of the factory instead of this`),
      replaced(
        (original) =>
          function (...args) {
            void (this as { name: string }).name;
            return original(...args);
          },
      ),
    ],
    [
      'factory: methods do not change their arguments',
      new RegExp(`${method} must not change its arguments; .* became .*noted: true`),
      replaced((original) => (...args) => {
        Object.assign(args.find((arg) => typeof arg === 'object') ?? {}, { noted: true });
        return original(...args);
      }),
    ],
  ];
}

/** A kind whose members are added, so that nothing but the kind is wrong. */
function otherKind({ kind }: Plugin): Plugin['kind'] {
  return kind === 'log-sink' ? 'health-probe' : 'log-sink';
}

const otherMembers = { open: () => undefined, check: () => undefined };
