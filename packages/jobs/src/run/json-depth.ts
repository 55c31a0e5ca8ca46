/** Deeper JSON overflows the stack of whoever writes it again, though not of `JSON.parse`. */
export const maxJsonDepth = 1000;

/** Whether a text, if it is JSON, is nested deeper than that. */
export function isTooDeep(text: string): boolean {
  if (text.length <= 2 * maxJsonDepth) return false;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) isInString = !isInString;
    else if (isInString) at += code === backslash ? 1 : 0;
    else if (code === openBracket || code === openBrace) depth += 1;
    else if (code === closeBracket || code === closeBrace) depth -= 1;
    if (depth > maxJsonDepth) return true;
  }
  return false;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d,
];
