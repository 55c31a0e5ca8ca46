export default defineEventHandler((event) => ({ message: `Hello, ${getQuery(event).name ?? 'world'}` }));
