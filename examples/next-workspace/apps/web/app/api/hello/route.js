import { greet } from 'greeting';

export function GET(request) {
  return Response.json({ message: greet(new URL(request.url).searchParams.get('name') ?? 'world') });
}
