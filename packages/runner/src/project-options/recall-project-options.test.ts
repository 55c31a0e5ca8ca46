import { healthHttp } from '@project-runner/health-http';
import { nodeServer } from '@project-runner/framework-node';
import { expect, it } from 'vitest';

import { allowOptions } from './allow-options.ts';
import { optionRules } from './option-rules.ts';
import { recallProjectOptions } from './recall-project-options.ts';

const allowed = [
  allowOptions(nodeServer, { drainSeconds: optionRules.wholeNumber(1, 10) }),
  allowOptions(healthHttp, { path: optionRules.urlPath(), protocol: optionRules.oneOf('http', 'https') }),
];

function recall(kept: unknown, tryOut: (options: object) => void = () => undefined) {
  const { options, refused } = recallProjectOptions(kept, { allowed, source: 'server.json', tryOut });
  return { options, refused: [...refused.keys()] };
}

it('keeps those that are allowed and names the others', () => {
  const kept = {
    'framework:node': { healthPath: '/up', drainSeconds: 5 },
    'health-probe:http': { path: '/live', protocol: 'ftp' },
    'framework:next': { entry: 'a' },
  };
  expect(recall(kept)).toEqual({
    options: { 'framework:node': { drainSeconds: 5 }, 'health-probe:http': { path: '/live' } },
    refused: ['framework:node.healthPath', 'health-probe:http.protocol', 'framework:next.entry'],
  });
});

it('goes on without those of a plugin that refuses what is left of them', () => {
  const kept = { 'framework:node': { drainSeconds: 5 }, 'health-probe:http': { path: '/live' } };
  const refuse = (options: object): void => {
    if (Object.hasOwn(options, 'framework:node')) throw new Error('not these');
  };
  expect(recall(kept, refuse)).toEqual({
    options: { 'health-probe:http': { path: '/live' } },
    refused: ['framework:node'],
  });
});

it.each([[null], ['x'], [{ 'framework:node': null }], [JSON.parse('{"__proto__":{"a":1}}')]])(
  'takes nothing from %j',
  (kept) => {
    expect(recall(kept).options).toEqual({});
    expect({}).not.toHaveProperty('a');
  },
);
