import { createTool } from '@mastra/core/tools';
import { z } from 'zod';

export const shoutTool = createTool({
  id: 'shout',
  description: 'Says a text loudly',
  inputSchema: z.object({ text: z.string() }),
  outputSchema: z.object({ text: z.string() }),
  execute: async ({ text }) => ({ text: text.toUpperCase() }),
});
