/** The last lines of a text that may be endless. */
export interface LineTail {
  push(line: string): void;
  /** The kept lines, joined, and how many came before them. */
  read(): { text: string; dropped: number };
}

export interface LineTailLimits {
  lines: number;
  /** Characters, in all lines together. */
  chars: number;
}

/** Holds at most twice its limits, so that it need not cut for each line. */
export function createLineTail(limits: LineTailLimits): LineTail {
  let kept: string[] = [];
  let chars = 0;
  let dropped = 0;

  const cut = (): void => {
    let from = Math.max(0, kept.length - limits.lines);
    for (let at = 0; at < from; at += 1) chars -= kept[at]?.length ?? 0;
    // The last line stays, however long it is.
    for (; chars > limits.chars && from < kept.length - 1; from += 1) chars -= kept[from]?.length ?? 0;
    dropped += from;
    kept = kept.slice(from);
  };

  return {
    push(line) {
      const end = line.length > limits.chars ? line.slice(-limits.chars) : line;
      kept.push(end);
      chars += end.length;
      if (kept.length >= limits.lines * 2 || chars >= limits.chars * 2) cut();
    },
    read() {
      cut();
      return { text: kept.join('\n'), dropped };
    },
  };
}
