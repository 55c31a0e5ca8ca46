import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:tls';

import { ProjectRunnerError } from '@project-runner/core';
import { createRouterHttp } from '@project-runner/router-http';
import { describe, expect, it, onTestFinished } from 'vitest';

import { rawConnection, rawRequest } from '../support/raw-http.ts';
import { selfSigned } from '../support/self-signed.ts';
import { targetServer } from '../support/target-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testRouter } from '../support/test-router.ts';

const get = 'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n';
const insecure = { rejectUnauthorized: false };

/** Whom the router says it is to a client that asks for this name. */
async function subject(port: number, servername?: string): Promise<string | string[] | undefined> {
  const socket = connect({ port, host: '127.0.0.1', ...insecure, ...(servername ? { servername } : {}) });
  await once(socket, 'secureConnect');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return name;
}

describe('TLS', () => {
  it('is spoken with the certificate of the name that is asked for', async () => {
    const dir = tempFolder();
    const tls = [
      selfSigned(dir, 'first', ['app.localhost']),
      selfSigned(dir, 'second', ['*.apps.example']),
    ].map(({ cert, key }) => ({ cert, key }));
    const protocols: unknown[] = [];
    const target = await targetServer(({ headers }, response) => {
      protocols.push(headers['x-forwarded-proto']);
      response.end('over TLS');
    });
    const { port, lead } = await testRouter({ tls });
    expect((await lead('app', target.port)).publicUrl).toBe(`https://app.localhost:${port}`);
    expect(await subject(port, 'app.localhost')).toBe('first');
    expect(await subject(port, 'shop.apps.example')).toBe('second');
    expect(await subject(port, 'other.example')).toBe('first');
    expect(await subject(port)).toBe('first');
    const verified = { tls: { ca: tls[0]?.cert ?? '', servername: 'app.localhost' } };
    expect(await rawRequest(port, get, verified)).toMatch(/ 200 OK.*over TLS/s);
    expect(protocols).toEqual(['https']);
    expect(await rawRequest(port, get)).toBe('');
  });

  it('takes a new certificate without a restart, and keeps the old one if the new one is wrong', async () => {
    const dir = tempFolder();
    const { certFile, keyFile } = selfSigned(dir, 'old', ['*.localhost']);
    const { port, router } = await testRouter({ tls: { certFile, keyFile } });
    const open = rawConnection(port, '', { tls: { ...insecure, servername: 'app.localhost' } });
    await once(open.socket, 'secureConnect');
    const renewed = selfSigned(dir, 'new', ['*.localhost']);
    writeFileSync(certFile, renewed.cert);
    await expect(router.reloadTls()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await subject(port, 'app.localhost')).toBe('old');
    writeFileSync(keyFile, renewed.key);
    await router.reloadTls();
    expect(await subject(port, 'app.localhost')).toBe('new');
    expect(await subject(port)).toBe('new');
    const { cert, key } = selfSigned(dir, 'other', ['y.example']);
    await router.reloadTls({ cert, key });
    expect(await subject(port)).toBe('other');
    // The connection that was open goes on.
    open.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect((await open.closed).received).toContain(' 200 OK');
  });

  it.each([
    ['no certificate', [] as []],
    ['no key', { cert: 'x' } as never],
    ['nonsense', { cert: 'x', key: 'y' }],
    ['a file that is not there', { certFile: '/nowhere/a', keyFile: '/nowhere/b' }],
  ])('is refused with %s', async (_, tls) => {
    const router = createRouterHttp({ port: 0, tls });
    onTestFinished(() => router.close());
    const error: unknown = await router.listen().catch((error: unknown) => error);
    expect(ProjectRunnerError.is(error) && error.code).toBe('CONFIG_INVALID');
  });
});
