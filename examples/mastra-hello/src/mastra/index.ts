import { Mastra } from '@mastra/core';
import { registerApiRoute } from '@mastra/core/server';

import { greetWorkflow } from './greet-workflow';
import { shoutTool } from './shout-tool';

export const mastra = new Mastra({
  tools: { shout: shoutTool },
  workflows: { greetWorkflow },
  server: {
    apiRoutes: [
      registerApiRoute('/hello', {
        method: 'GET',
        handler: async (c) => c.json({ message: `Hello, ${c.req.query('name') ?? 'world'}` }),
      }),
    ],
  },
});
