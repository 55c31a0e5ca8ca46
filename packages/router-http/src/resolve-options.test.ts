import { expect, it } from 'vitest';

import { createRouterHttp } from './create-router-http.ts';
import { resolveOptions } from './resolve-options.ts';

it('has defaults, and leaves what it is given alone', () => {
  const written = Object.freeze({ limits: Object.freeze({ maxConnections: 5 }), hold: Object.freeze({}) });
  const { logger: _, ...options } = resolveOptions(written);
  expect(options).toMatchObject({
    port: 8080,
    hosts: null,
    baseDomain: 'localhost',
    routesFile: null,
    tls: null,
    wake: null,
    hold: { timeoutMs: 10_000, maxRequests: 100, wakeTimeoutMs: 60_000 },
    limits: { maxConnections: 5, maxHeaderBytes: 16_384 },
    listing: true,
    trustForwarded: false,
  });
});

it.each([
  ['prot', { prot: 1 }],
  ['port', { port: 65_536 }],
  ['host', { host: [] }],
  ['host[0]', { host: '' }],
  ['baseDomain', { baseDomain: 'a b' }],
  ['publicAddress.protocol', { publicAddress: { protocol: 'ftp' } }],
  ['publicAddress.port', { publicAddress: { port: 0 } }],
  ['routesFile', { routesFile: '' }],
  ['hold.timeout', { hold: { timeout: 1 } }],
  ['hold.maxRequests', { hold: { maxRequests: -1 } }],
  ['wake', { wake: 'x' }],
  ['limits.bodyTimeoutMs', { limits: { bodyTimeoutMs: 0 } }],
  ['limits', { limits: [] }],
  ['listing', { listing: 'yes' }],
  ['healthPath', { healthPath: 'up' }],
  ['logger.debug', { logger: {} }],
])('names a wrong %s', (key, options) => {
  expect(() => createRouterHttp(options as never)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(` ${key}: expected`),
    }) as never,
  );
});

it('refuses a log that is no sink', () => {
  expect(() => createRouterHttp({ accessLog: { kind: 'log-sink' } as never })).toThrow(/name/);
  expect(() => createRouterHttp({ accessLog: 5 as never })).toThrow(/plugin/);
});
