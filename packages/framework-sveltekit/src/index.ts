export { svelteKit } from './svelte-kit.ts';
export type { SvelteKitOptions } from './svelte-kit.ts';
