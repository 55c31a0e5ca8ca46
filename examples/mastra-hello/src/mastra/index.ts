import { Mastra } from '@mastra/core';
import { registerApiRoute } from '@mastra/core/server';
import { createTool } from '@mastra/core/tools';
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { z } from 'zod';

const shout = createTool({
  id: 'shout',
  description: 'Turns a text into capitals',
  inputSchema: z.object({ text: z.string() }),
  outputSchema: z.object({ text: z.string() }),
  execute: async ({ text }) => ({ text: text.toUpperCase() }),
});

const sayHello = createStep({
  id: 'say-hello',
  inputSchema: z.object({ name: z.string() }),
  outputSchema: z.object({ message: z.string() }),
  execute: async ({ inputData }) => ({ message: `Hello, ${inputData.name}` }),
});

const greet = createWorkflow({
  id: 'greet',
  inputSchema: z.object({ name: z.string() }),
  outputSchema: z.object({ message: z.string() }),
})
  .then(sayHello)
  .commit();

export const mastra = new Mastra({
  tools: { shout },
  workflows: { greet },
  server: {
    apiRoutes: [
      registerApiRoute('/hello', {
        method: 'GET',
        handler: (c) => c.json({ message: `Hello, ${c.req.query('name') ?? 'world'}` }),
      }),
    ],
  },
});
