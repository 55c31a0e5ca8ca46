/** Overwrites secret values in bytes. */
export interface SecretMask {
  /** In place, a `*` for each byte, so that offsets stay what they are. */
  apply(bytes: Buffer): void;
  /** Bytes of the longest value, 0 without one. */
  readonly maxLength: number;
  add(values: Iterable<string>): void;
  /** The values are not known any more: nothing may be shown but how long lines are. */
  hideAll(): void;
}

/** Bytes. Shorter values would blacken words that only happen to be the same. */
const minLength = 4;
const star = 0x2a;

/** A value of several lines (a key in PEM form) is masked line by line, since logs are lines. */
export function createSecretMask(values: Iterable<string>): SecretMask {
  let secrets: Buffer[] = [];
  let hidesAll = false;

  const add = (more: Iterable<string>): void => {
    const lines = [...more].flatMap(maskableLines);
    const known = secrets.map((secret) => secret.toString());
    secrets = [...new Set([...known, ...lines])]
      .map((line) => Buffer.from(line))
      // The longest first: another one may be a part of it.
      .toSorted((a, b) => b.length - a.length);
  };
  add(values);

  return {
    add,
    get maxLength() {
      return secrets[0]?.length ?? 0;
    },
    hideAll() {
      hidesAll = true;
    },
    apply(bytes) {
      if (hidesAll) {
        for (let at = 0; at < bytes.length; at += 1) if (!isLineEnding(bytes[at])) bytes[at] = star;
      }
      for (const secret of secrets) {
        for (let at = bytes.indexOf(secret); at !== -1; at = bytes.indexOf(secret, at + secret.length)) {
          bytes.fill(star, at, at + secret.length);
        }
      }
    },
  };
}

/** Whether anything of a value is masked. */
export function isMaskable(value: string): boolean {
  return maskableLines(value).length > 0;
}

function maskableLines(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => Buffer.byteLength(line) >= minLength);
}

function isLineEnding(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}
