import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What OpenTelemetry's own code, generated from its protocol buffers, makes of a request. */
interface MessageType {
  fromObject(object: unknown): object;
  verify(message: object): string | null;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): unknown;
}
const require = createRequire(import.meta.url);
const generated = require('otlp-types/build/src/generated/root') as {
  opentelemetry: {
    proto: { collector: { logs: { v1: { ExportLogsServiceRequest: MessageType } } } };
  };
};
const { ExportLogsServiceRequest: requestType } = generated.opentelemetry.proto.collector.logs.v1;

interface Value {
  stringValue?: string;
  intValue?: string;
  boolValue?: boolean;
}
interface Attribute {
  key: string;
  value: Value;
}
interface Request {
  resourceLogs: {
    resource: { attributes: Attribute[] };
    scopeLogs: {
      scope: { name: string };
      logRecords: {
        timeUnixNano: string;
        observedTimeUnixNano: string;
        severityNumber: number;
        severityText: string;
        body: Value;
        attributes: Attribute[];
      }[];
    }[];
  }[];
}

export interface ReceivedRecord {
  resource: Record<string, string | number | boolean | undefined>;
  scope: string;
  time: string;
  severity: string;
  text: string;
  attributes: Record<string, string | number | boolean | undefined>;
}

export type Answer = (response: ServerResponse) => void;

/** Takes OTLP over HTTP. */
export interface Collector {
  url: string;
  /** Of each request that was taken. */
  requests: { headers: IncomingHttpHeaders; records: ReceivedRecord[] }[];
  records(): ReceivedRecord[];
  errors: unknown[];
  /** What the next requests are answered, one each, instead of being taken. */
  answers: Answer[];
  /** Stops answering. */
  hold(): void;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const requests: Collector['requests'] = [];
  const errors: unknown[] = [];
  const answers: Answer[] = [];
  let isHeld = false;
  const server = createServer(async (request, response) => {
    try {
      const chunks: Buffer[] = await request.toArray();
      if (isHeld) return;
      const answer = answers.shift();
      if (answer) return answer(response);
      assert.equal(request.method, 'POST');
      assert.equal(request.url, '/v1/logs');
      assert.equal(request.headers['content-type'], 'application/json');
      const body = Buffer.concat(chunks);
      const isZipped = request.headers['content-encoding'] === 'gzip';
      const records = decode(JSON.parse((isZipped ? gunzipSync(body) : body).toString()));
      requests.push({ headers: request.headers, records });
      response.setHeader('content-type', 'application/json').end('{}');
    } catch (error) {
      errors.push(error);
      response.writeHead(400).end();
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
    requests,
    records: () => requests.flatMap(({ records }) => records),
    errors,
    answers,
    hold() {
      isHeld = true;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @throws AssertionError where OpenTelemetry's types lose anything of it */
function decode(json: unknown): ReceivedRecord[] {
  const message = requestType.fromObject(json);
  assert.equal(requestType.verify(message), null);
  const decoded = requestType.decode(requestType.encode(message).finish());
  const request = requestType.toObject(decoded, { longs: String }) as Request;
  assert.deepEqual(plain(request), plain(json));
  return request.resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map((record) => ({
        resource: named(resource.attributes),
        scope: scope.name,
        time: new Date(Number(BigInt(record.timeUnixNano) / 1_000_000n)).toISOString(),
        severity: `${record.severityNumber} ${record.severityText}`,
        text: record.body.stringValue ?? '',
        attributes: named(record.attributes),
      })),
    ),
  );
}

/** Numbers of 64 bits may be texts, and what is 0, empty or none may be left out. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) => {
      if (typeof item === 'number') return item === 0 ? undefined : String(item);
      if (item === '' || (Array.isArray(item) && item.length === 0)) return undefined;
      return item;
    }),
  );
}

function named(attributes: readonly Attribute[]): ReceivedRecord['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, boolValue } }) => [
      key,
      stringValue ?? boolValue ?? (intValue === undefined ? undefined : Number(intValue)),
    ]),
  );
}
