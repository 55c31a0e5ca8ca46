const stages = [
  [/^Preparing source/, 'Copying the project'],
  [/^Detected package manager: (.+)$/, 'Preparing $1'],
  [/^Installing dependencies/, 'Installing dependencies'],
  [/^Building: /, 'Building'],
  [/^Cached: /, 'Using what was built before'],
] as const satisfies readonly (readonly [RegExp, string])[];

/** The stage that begins with a line of the build log, `undefined` for the other lines. */
export function buildStage(line: string): string | undefined {
  for (const [pattern, name] of stages) {
    const match = pattern.exec(line);
    if (match) return name.replace('$1', match[1] ?? '');
  }
  return undefined;
}
