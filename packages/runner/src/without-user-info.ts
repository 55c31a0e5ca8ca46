/**
 * A text with the addresses in it, without names and passwords of users: package.json may hold those of a registry. In one pass
 * whatever the text is, which may be a stranger's.
 */
export function withoutUserInfo(text: string): string {
  return text.replace(/([\\/]*)([^\\/?#\s]*)/g, (whole, slashes: string, part: string, at: number) => {
    const host = part.slice(part.lastIndexOf('@') + 1);
    if (host === part) return whole;
    if (slashes !== '') return text[at - 1] === ':' ? slashes + host : whole;
    // URL parsers do without the slashes.
    const scheme = /^[a-z][a-z\d+.-]*:(?!@)/i.exec(part)?.[0];
    return scheme === undefined ? whole : scheme + host;
  });
}
