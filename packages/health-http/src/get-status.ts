// Imported, `node:http` gives all its names at once, the lazy `WebSocket` included, whose undici costs a runner 12 MB.
const { request: requestPlain } = process.getBuiltinModule('node:http');
const { request: requestSecure } = process.getBuiltinModule('node:https');

export interface GetStatusOptions {
  headers: Readonly<Record<string, string>>;
  allowSelfSigned: boolean;
  limit: AbortSignal;
  /** Asked in place of the host and the port of the address. */
  socketPath?: string | undefined;
}

/** No health answer is longer; the rest is not read. */
const maxBodyBytes = 64 * 1024;

/** Status and `Location` of one GET, its body read. Rejects when there is no answer within the limit. */
export function getStatus(
  address: URL,
  { headers, allowSelfSigned, limit, socketPath }: GetStatusOptions,
): Promise<{ status: number; location: string | undefined }> {
  const request = address.protocol === 'https:' ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const options = {
      headers,
      signal: limit,
      ...(socketPath === undefined ? {} : { socketPath }),
      // A connection of its own, closed at once: a probe must not hold up the server's drain.
      agent: false,
      rejectUnauthorized: !allowSelfSigned,
    };
    const sent = request(address, options, (response) => {
      const answer = { status: response.statusCode ?? 0, location: response.headers.location };
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < maxBodyBytes) return;
        resolve(answer);
        sent.destroy();
      });
      response.once('end', () => resolve(answer));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end();
  });
}
