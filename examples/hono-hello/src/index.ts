import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const port = Number(process.env.PORT ?? 3000);
const hostname = process.env.HOST ?? '127.0.0.1';

const app = new Hono();

app.get('/', (c) => c.text('Hello from Hono'));

app.get('/health', (c) => c.json({ ok: true }));

const server = serve({ fetch: app.fetch, port, hostname }, () => {
  console.log(`Listening on http://${hostname}:${port}`);
});

process.once('SIGTERM', () => server.close());
