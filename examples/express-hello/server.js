import express from 'express';

const port = Number(process.env.PORT ?? 3000);
const host = process.env.HOST ?? '127.0.0.1';

const app = express();

app.get('/', (req, res) => {
  res.type('text/plain').send('Hello from Express');
});

app.get('/health', (req, res) => {
  res.json({ ok: true });
});

const server = app.listen(port, host, (error) => {
  if (error) throw error;
  console.log(`Listening on http://${host}:${port}`);
});

process.once('SIGTERM', () => server.close());
