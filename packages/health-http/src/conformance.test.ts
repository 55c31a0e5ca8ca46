import { testHealthProbe } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { healthHttp } from './index.ts';

describe('conformance', () => {
  testHealthProbe(it, { create: healthHttp, http: true });

  describe('with a path of its own', () => {
    testHealthProbe(it, { create: () => healthHttp({ path: '/up' }), http: true });
  });
});
