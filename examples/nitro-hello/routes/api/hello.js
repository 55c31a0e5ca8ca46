import { defineHandler } from 'nitro/h3';

export default defineHandler((event) => ({
  message: `Hello, ${event.url.searchParams.get('name') ?? 'world'}`,
}));
