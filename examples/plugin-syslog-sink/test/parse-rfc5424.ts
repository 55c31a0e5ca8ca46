/** One message, taken apart. */
export interface SyslogMessage {
  priority: number;
  time: string;
  hostname: string;
  appName: string;
  processId: string;
  messageId: string;
  data: Record<string, string>;
  text: Buffer;
}

/** RFC 5424 section 6, with its lengths, one element of structured data, and nothing left out. */
const grammar = new RegExp(
  [
    String.raw`^<(0|[1-9]\d{0,2})>1`,
    String.raw`(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z)`,
    '([!-~]{1,255})',
    '([!-~]{1,48})',
    '([!-~]{1,128})',
    '([!-~]{1,32})',
    String.raw`\[[!#-<>-\\^-~]{1,32}((?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\](?: ([^]*))?$`,
  ].join(' '),
);

/** @throws Error for anything that a strict receiver would not take */
export function parseRfc5424(message: Buffer): SyslogMessage {
  // Latin-1 keeps each byte as it is.
  const match = grammar.exec(message.toString('latin1'));
  if (!match) throw new Error(`not a message of RFC 5424: ${JSON.stringify(message.toString())}`);
  const [, pri, time, hostname, appName, processId, messageId, data, text = ''] = match as string[];
  if (Number(pri) > 191) throw new Error(`PRI ${pri} is more than 191`);
  return {
    priority: Number(pri),
    time: time ?? '',
    hostname: hostname ?? '',
    appName: appName ?? '',
    processId: processId ?? '',
    messageId: messageId ?? '',
    data: Object.fromEntries(
      Array.from((data ?? '').matchAll(/ ([^=]+)="((?:[^"\\\]]|\\.)*)"/g), ([, name, value]) => [
        name,
        (value ?? '').replace(/\\(.)/g, '$1'),
      ]),
    ),
    text: Buffer.from(text, 'latin1'),
  };
}

/** Cuts messages out of a stream by RFC 6587 octet counting; answers what is left over. */
export function readFrames(stream: Buffer, take: (message: Buffer) => void): Buffer {
  let rest = stream;
  for (;;) {
    const space = rest.subarray(0, 11).indexOf(' ');
    const count = rest.subarray(0, space < 0 ? 11 : space).toString('latin1');
    if (rest.length > 0 && !/^[1-9]\d{0,9}$/.test(count)) {
      throw new Error(`expected a count of bytes, found ${JSON.stringify(count)}`);
    }
    const length = Number(count);
    if (space < 0 || rest.length < space + 1 + length) return rest;
    take(rest.subarray(space + 1, space + 1 + length));
    rest = rest.subarray(space + 1 + length);
  }
}
