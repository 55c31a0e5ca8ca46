import { readdirSync } from 'node:fs';

import { tempFolder, writeFiles } from '../support/temp-folder.ts';

/** Says what it is asked, and ends when told so. */
export const server: string = `
import { createServer } from 'node:http';
const answers = {
  '/health': () => [200, 'fine'],
  '/hello': (url) => [200, 'Hello ' + url.searchParams.get('name') + ' ' + process.env.GREETING],
  '/exit': () => process.exit(7),
  '/die': () => process.kill(process.pid, 'SIGKILL'),
};
console.error('on stderr');
createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  console.log('asked for ' + url.pathname);
  const [status, body] = answers[url.pathname]?.(url) ?? [404, 'no such path'];
  response.writeHead(status).end(body);
}).listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
`;

/** A project without dependencies; files and manifest fields on top. */
export async function project(files: Record<string, string> = {}, manifest: object = {}): Promise<string> {
  const json = { name: 'shop', type: 'module', scripts: { start: 'node server.js' }, ...manifest };
  return writeFiles(tempFolder(), { 'package.json': { json }, 'server.js': server, ...files });
}

export function listFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
}
