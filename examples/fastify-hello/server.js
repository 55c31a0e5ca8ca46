import Fastify from 'fastify';

const app = Fastify();

app.get('/', async () => 'Hello from Fastify');

app.get('/health', async () => ({ ok: true }));

// Without a host Fastify listens on the loopback interface only.
console.log(`Listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000) })}`);

process.once('SIGTERM', () => app.close());
