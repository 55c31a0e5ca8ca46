/** Of a `Host` field or an authority: lower case, no port, no trailing dot, no brackets. `null` for what is no host. */
export function hostName(authority: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._~!$&'()*+,;=%-]+))(?::\d*)?$/i.exec(authority);
  const name = match?.[1] ?? match?.[2]?.replace(/\.$/, '');
  return name ? name.toLowerCase() : null;
}

/** What stands before the base domain: '' for the domain itself and for loopback addresses, `null` for foreign hosts. */
export function subdomainOf(host: string, baseDomain: string): string | null {
  if (host === baseDomain || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)) return '';
  return host.endsWith(`.${baseDomain}`) ? host.slice(0, -baseDomain.length - 1) : null;
}

/** Labels of letters, digits and inner hyphens, at most 63 characters each, joined by dots; 253 in all. */
export function isDomain(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label));
}
