export function GET({ url }) {
  return Response.json({ message: `Hello, ${url.searchParams.get('name') ?? 'world'}` });
}
