/** Fields that are about one connection only (RFC 9110, 7.6.1), and credentials that are for proxies. */
const always: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);
/** Those say how long a message is and whose it is, whoever lists them. */
const never: ReadonlySet<string> = new Set(['content-length', 'host']);
const options: ReadonlySet<string> = new Set(['close', 'keep-alive', 'upgrade', 'te']);

/** Whether a field, in lower case, ends here. @param connection the message's `Connection` field, which may list more */
export function hopByHop(connection: string | undefined): (name: string) => boolean {
  const listed = connection?.split(',').flatMap((item) => {
    const name = item.trim().toLowerCase();
    return name === '' || options.has(name) || never.has(name) ? [] : [name];
  });
  if (!listed || listed.length === 0) return (name) => always.has(name);
  return (name) => always.has(name) || listed.includes(name);
}
