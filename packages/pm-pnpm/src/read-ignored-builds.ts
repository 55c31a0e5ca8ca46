/**
 * The packages in `Ignored build scripts: esbuild@0.25.12, @scope/name@file:x.tgz.`, without their versions. pnpm 10
 * draws a box around the list and breaks it into lines.
 */
export function readIgnoredBuilds(output: string): string[] {
  const list = /Ignored build scripts:([^]*?)(?:Run "pnpm|\n\s*\n|$)/.exec(output)?.[1] ?? '';
  return list
    .replaceAll('│', '')
    .split(',')
    .flatMap((item) => /^\s*((?:@[\w.-]+\/)?[\w-][\w.-]*?)(?:@\S*)?\.?\s*$/.exec(item)?.[1] ?? []);
}
