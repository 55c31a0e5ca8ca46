import { testHealthProbe } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { healthHttp } from './index.ts';

describe('conformance', () => {
  testHealthProbe(it, { create: healthHttp, http: true });
});
