import type { Options } from 'tsup';

import { base } from '../../tsup.base.ts';

/** With what servers load before their own code. */
const config: Options = {
  ...base,
  entry: ['src/index.ts', 'src/preload.ts'],
  dts: { entry: 'src/index.ts' },
};
export default config;
