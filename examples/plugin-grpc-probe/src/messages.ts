/** Of `grpc.health.v1.HealthCheckResponse`, in the order of its numbers. */
const statuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export type ServingStatus = (typeof statuses)[number];

/** Before each message: whether it is compressed (no), and its length in four bytes. */
const prefixBytes = 5;

/** `HealthCheckRequest { string service = 1; }`, framed. */
export function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service);
  const message = text.length === 0 ? text : Buffer.concat([Buffer.of(0x0a), varint(text.length), text]);
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }`: a 0 may be left out, numbers of later versions are unknown. */
export function decodeStatus(framed: Buffer): ServingStatus {
  const message = framed.subarray(prefixBytes);
  return message[0] === 0x08 ? (statuses[message[1] ?? 0] ?? 'UNKNOWN') : 'UNKNOWN';
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
