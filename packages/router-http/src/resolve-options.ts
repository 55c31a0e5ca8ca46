import { isAbsolute, resolve } from 'node:path';

import { validatePlugin } from '@project-runner/core';
import type { Logger } from '@project-runner/core';

import { callable, flag, shape, text, whole, wrong } from './check-value.ts';
import { isDomain } from './host-name.ts';
import type {
  AccessLogReceiver,
  HoldOptions,
  LimitOptions,
  PublicAddress,
  RouterHttpOptions,
} from './router-http-options.ts';
import type { WrittenTls } from './tls-option.ts';
import type { Wake } from './wake.ts';

/** What code reads. */
export interface ResolvedOptions {
  port: number;
  /** `null`: the loopback addresses that there are. */
  hosts: readonly string[] | null;
  baseDomain: string;
  publicAddress: PublicAddress;
  routesFile: string | null;
  tls: WrittenTls | null;
  hold: Required<HoldOptions>;
  wake: Wake | null;
  limits: Required<LimitOptions>;
  accessLog: readonly AccessLogReceiver[];
  trustForwarded: boolean;
  listing: boolean;
  healthPath: string;
  logger: Logger;
}

/** The longest delay a Node timer takes. */
const maxTimer = 2 ** 31 - 1;
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const keys = [
  'port',
  'host',
  'baseDomain',
  'publicAddress',
  'routesFile',
  'tls',
  'hold',
  'wake',
  'limits',
  'accessLog',
  'trustForwarded',
  'listing',
  'healthPath',
  'logger',
] as const satisfies readonly (keyof RouterHttpOptions)[];

/** Defaults and checks. @throws ProjectRunnerError `CONFIG_INVALID` */
export function resolveOptions(written: RouterHttpOptions = {}): ResolvedOptions {
  shape('options', written, keys);
  const routesFile = text('routesFile', written.routesFile);
  const healthPath = text('healthPath', written.healthPath) ?? '/health';
  if (!/^\/[!-~]*$/.test(healthPath)) throw wrong('healthPath', healthPath, 'a path that starts with "/"');
  return {
    port: whole('port', written.port, 0, 65_535) ?? 8080,
    hosts: hosts(written.host),
    baseDomain: baseDomain(written.baseDomain),
    publicAddress: publicAddress(written.publicAddress),
    routesFile:
      routesFile === undefined || isAbsolute(routesFile) ? (routesFile ?? null) : resolve(routesFile),
    tls: written.tls ?? null,
    hold: hold(written.hold),
    wake: callable('wake', written.wake) ?? null,
    limits: limits(written.limits),
    accessLog: accessLog(written.accessLog),
    trustForwarded: flag('trustForwarded', written.trustForwarded) ?? false,
    listing: flag('listing', written.listing) ?? true,
    healthPath,
    logger: logger(written.logger),
  };
}

function hosts(value: RouterHttpOptions['host']): readonly string[] | null {
  if (value === undefined) return null;
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || list.length === 0) throw wrong('host', value, 'an address, or a list of some');
  return list.map((host, index) => text(`host[${index}]`, host) as string);
}

function baseDomain(value: string | undefined): string {
  const domain = (text('baseDomain', value) ?? 'localhost').toLowerCase().replace(/\.$/, '');
  if (!isDomain(domain)) throw wrong('baseDomain', value, 'a domain name');
  return domain;
}

function publicAddress(value: PublicAddress | undefined): PublicAddress {
  shape('publicAddress', value, ['protocol', 'port']);
  const { protocol } = value ?? {};
  if (protocol !== undefined && protocol !== 'http' && protocol !== 'https') {
    throw wrong('publicAddress.protocol', protocol, '"http" or "https"');
  }
  whole('publicAddress.port', value?.port, 1, 65_535);
  return { ...value };
}

function hold(value: HoldOptions | undefined): Required<HoldOptions> {
  shape('hold', value, ['timeoutMs', 'maxRequests', 'wakeTimeoutMs']);
  return {
    timeoutMs: whole('hold.timeoutMs', value?.timeoutMs, 0, maxTimer) ?? 10_000,
    maxRequests: whole('hold.maxRequests', value?.maxRequests, 0, 1_000_000) ?? 100,
    wakeTimeoutMs: whole('hold.wakeTimeoutMs', value?.wakeTimeoutMs, 1, maxTimer) ?? 60_000,
  };
}

function limits(value: LimitOptions | undefined): Required<LimitOptions> {
  const defaults: Required<LimitOptions> = {
    maxHeaderBytes: 16_384,
    headersTimeoutMs: 10_000,
    bodyTimeoutMs: 20_000,
    bodyBytesPerSecond: 500,
    maxConnections: 10_000,
    keepAliveTimeoutMs: 60_000,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 300_000,
  };
  shape('limits', value, Object.keys(defaults));
  const found = Object.entries(defaults).map(([name, byDefault]) => {
    const min = name === 'responseTimeoutMs' ? 0 : 1;
    return [name, whole(`limits.${name}`, value?.[name as keyof LimitOptions], min, maxTimer) ?? byDefault];
  });
  return Object.fromEntries(found) as Required<LimitOptions>;
}

function accessLog(value: RouterHttpOptions['accessLog']): readonly AccessLogReceiver[] {
  if (value === undefined) return [];
  const list = (Array.isArray(value) ? value : [value]) as readonly AccessLogReceiver[];
  for (const receiver of list) {
    if (typeof receiver === 'function') continue;
    validatePlugin(receiver);
    if (receiver.kind !== 'log-sink') throw wrong('accessLog', receiver, 'a function or a log sink');
  }
  return list;
}

function logger(value: Logger | undefined): Logger {
  if (value === undefined) return silent;
  if (typeof value !== 'object' || value === null) throw wrong('logger', value, 'an object');
  for (const method of ['debug', 'info', 'warn', 'error'] as const) {
    if (typeof value[method] !== 'function') throw wrong(`logger.${method}`, value[method], 'a function');
  }
  return value;
}
