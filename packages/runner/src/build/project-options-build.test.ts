import { nodeServer } from '@project-runner/framework-node';
import { expect, it } from 'vitest';

import { allowOptions } from '../project-options/allow-options.ts';
import { optionRules } from '../project-options/option-rules.ts';
import { buildRecord } from '../records.test-support.ts';
import { testBuilder } from './build-fixture.test-support.ts';
import { shop, why } from './build-shop.test-support.ts';

const entry = allowOptions(nodeServer, { entry: optionRules.filePath() });

it('is not what was built before where the host lets the project set more, or less, than then', async () => {
  const { build, buildDir, dir, project, deploymentId } = shop(
    {},
    {
      'package.json': {
        json: {
          scripts: { build: 'node build.mjs', start: 'node dist/server.mjs' },
          'project-runner': { 'framework:node': { entry: 'other.mjs' } },
        },
      },
      'other.mjs': '',
    },
  );
  expect((await build()).errorMessage).toBeNull();
  const allowing = testBuilder({ buildDir, projectOptions: [entry] });
  const again = () => allowing.build(dir, {}, { project, build: { ...buildRecord(), deploymentId } });
  const changed = await again();
  expect(changed.errorMessage).toBeNull();
  expect(why(changed.log)).toEqual(['Not cached: option of the project new: framework:node.entry']);
  expect(why((await again()).log)).toEqual([]);
  expect(why((await build()).log)).toEqual([]);
});
