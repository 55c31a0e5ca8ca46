import { wrap } from '@project-runner/core';
import type { FrameworkPlugin } from '@project-runner/core';
import { nodeServer } from '@project-runner/framework-node';
import { expect, it } from 'vitest';

import { hashPlugins } from './hash-plugins.ts';

const { detect, start, output } = nodeServer();

class Base {
  readonly kind = 'framework';
  readonly name = 'own';
  readonly apiVersion = 1;
  readonly drainSeconds = 5;
  detect = detect;
  start = start;
  output = output;
  asked = 0;
  env(): Record<string, string> {
    this.asked += 1;
    return {};
  }
}

class First extends Base {
  build(): Promise<object> {
    return Promise.resolve({ script: 'build' });
  }
}

class Second extends Base {
  build(): Promise<object> {
    return Promise.resolve({ script: 'compile' });
  }
}

class OtherBase extends Base {
  override env(): Record<string, string> {
    return { A: '1' };
  }
}

class ThirdOnOtherBase extends OtherBase {
  build(): Promise<object> {
    return Promise.resolve({ script: 'build' });
  }
}

class Private extends Base {
  #script(): string {
    return 'build';
  }
  build(): Promise<object> {
    return Promise.resolve({ script: this.#script() });
  }
}

const otherPrivate = (): object => {
  class Private extends Base {
    #script(): string {
      return 'compile';
    }
    build(): Promise<object> {
      return Promise.resolve({ script: this.#script() });
    }
  }
  return new Private();
};

const hash = (plugin: object): string => hashPlugins([plugin as FrameworkPlugin]);

it('sees methods of a class, private ones and those of the class that it extends', () => {
  const all = [new First(), new Second(), new ThirdOnOtherBase(), new Private(), otherPrivate()].map(hash);
  expect(new Set(all).size).toBe(5);
  expect(hash(new First())).toBe(hash(new First()));
});

it('sees them behind a wrapper, too', () => {
  const wrapped = (plugin: object): string => hash(wrap(plugin as FrameworkPlugin, { drainSeconds: 6 }));
  expect(wrapped(new First())).not.toBe(wrapped(new Second()));
});

it('asks no getter, and is content with what cannot be shown', () => {
  const plugin = {
    get asked(): string {
      throw new Error('asked');
    },
    nothing: Object.create(null) as object,
  };
  expect(hash(plugin)).toMatch(/^[0-9a-f]{16}$/);
});
