export function GET({ url }) {
  return Response.json({ message: `Hello, ${url.searchParams.get('name') ?? 'world'}` });
}

/** Takes a form, which SvelteKit refuses from another origin than the one it takes itself for. */
export async function POST({ request }) {
  const form = await request.formData();
  return Response.json({ message: `Hello, ${form.get('name')}` });
}
