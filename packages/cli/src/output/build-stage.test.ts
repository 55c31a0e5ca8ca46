import { describe, expect, it } from 'vitest';

import { buildStage } from './build-stage.ts';

describe('buildStage', () => {
  it.each([
    ['Preparing source', 'Copying the project'],
    ['Detected package manager: pnpm', 'Preparing pnpm'],
    ['Installing dependencies with npm 11.0.0 (frozen, package-lock.json)', 'Installing dependencies'],
    ['Building: npm run build', 'Building'],
    ['added 12 packages in 2s', undefined],
    ['  Building: indented, so from a tool', undefined],
  ])('%s → %s', (line, stage) => {
    expect(buildStage(line)).toBe(stage);
  });
});
