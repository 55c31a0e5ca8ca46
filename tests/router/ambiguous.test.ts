import { describe, expect, it } from 'vitest';

import { rawRequest } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { testRouter } from '../support/test-router.ts';

const hidden = 'GET /hidden HTTP/1.1\r\nHost: app.localhost\r\n\r\n';

/** What two parsers may read in two ways, so that one of them sees a request that the other does not. */
const cases: Record<string, string> = {
  'two lengths that differ': `Host: app.localhost\r\nContent-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  'two lengths that are the same': `Host: app.localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n`,
  'a list of lengths': `Host: app.localhost\r\nContent-Length: 0, 0\r\n\r\n`,
  'a length with a sign': `Host: app.localhost\r\nContent-Length: +0\r\n\r\n`,
  'a negative length': `Host: app.localhost\r\nContent-Length: -1\r\n\r\n`,
  'a length in hex': `Host: app.localhost\r\nContent-Length: 0x0\r\n\r\n`,
  'chunks and a length': `Host: app.localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`,
  'a length and chunks': `Host: app.localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'chunks that are not last': `Host: app.localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  'a coding with a vertical tab': `Host: app.localhost\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  'a space before the colon': `Host: app.localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  'a folded field': `Host: app.localhost\r\nX: 1\r\n Transfer-Encoding: chunked\r\n\r\n`,
  'lines that end with a line feed': `Host: app.localhost\nContent-Length: 0\n\n`,
  'a carriage return inside': `Host: app.localhost\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n`,
  'NUL in a value': `Host: app.localhost\r\nX: a\0b\r\n\r\n`,
  'a chunk size that overflows': `Host: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff0\r\n\r\n`,
  'a chunk size with a sign': `Host: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n`,
  'a chunk longer than its size': `Host: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`,
  'two hosts': 'Host: app.localhost\r\nHost: other.localhost\r\n\r\n',
  'no host': '\r\n',
  'an empty host': 'Host:\r\n\r\n',
  'a host with a user': 'Host: app.localhost@evil\r\n\r\n',
  'a host with a path': 'Host: app.localhost/x\r\n\r\n',
};

describe('a request that could be read in two ways', () => {
  it.each(Object.entries(cases))('is refused: %s', async (_, rest) => {
    const paths: unknown[] = [];
    const target = await targetServer((request, response) => {
      paths.push(request.url);
      request.resume().once('end', () => response.end('reached'));
    });
    const { port, lead } = await testRouter();
    await lead('app', target.port);
    const answer = await rawRequest(port, `POST / HTTP/1.1\r\n${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/Connection: close/i);
    expect(answer.match(/HTTP\/1/g)).toHaveLength(1);
    expect(answer).not.toContain('reached');
    expect(paths).not.toContain('/hidden');
  });

  it('is refused: codings beside chunked, and any with HTTP/1.0', async () => {
    const { port, lead } = await testRouter();
    await lead('app', 9);
    const ask = (version: string, coding: string): Promise<string> =>
      rawRequest(
        port,
        `POST / HTTP/${version}\r\nHost: app.localhost\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
      );
    for (const coding of ['gzip, chunked', 'xchunked'])
      expect(await ask('1.1', coding)).toMatch(/^HTTP\/1\.1 501 /);
    expect(await ask('1.0', 'chunked')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is refused: CONNECT', async () => {
    const { port } = await testRouter();
    expect(
      await rawRequest(port, 'CONNECT app.localhost:80 HTTP/1.1\r\nHost: app.localhost\r\n\r\n'),
    ).toMatch(/ 405 /);
  });

  it('cannot hide behind one that is fine', async () => {
    const target = await targetServer((request, response) => void response.end(request.url));
    const { port, lead } = await testRouter();
    await lead('app', target.port);
    const fine = 'GET /fine HTTP/1.1\r\nHost: app.localhost\r\n\r\n';
    const answer = await rawRequest(port, `${fine}POST / HTTP/1.1\r\n${cases['two lengths that differ']}`);
    expect(answer).not.toContain('/hidden');
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)?.filter((line) => line.endsWith('200')).length).toBeLessThan(2);
  });
});
