const maxCharacters = 100;

/**
 * A value or a name that somebody else wrote, as JSON on one short line. Logs and terminals show messages as they are, so
 * nothing in it may end the line, move the cursor or turn the direction of the text: JSON itself escapes only a part of that.
 */
export function showJson(value: unknown): string {
  const json = (JSON.stringify(value) ?? String(value)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
  if (json.length <= maxCharacters) return json;
  return `${json.slice(0, maxCharacters)}…${typeof value === 'string' ? '"' : ''}`;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
