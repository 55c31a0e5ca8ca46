import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { extname, join, normalize } from 'node:path';

import { chromium } from 'playwright-core';

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};
// As /docs/site would be served: `/page` is `page.html`.
const pages = [
  '/',
  '/getting-started',
  '/hooks/log-sink',
  '/api/@project-runner/core/interfaces/LogSinkPlugin',
];
const views = [
  { name: 'wide', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  { name: 'narrow', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
];

/** Opens each page in each view, and searches. With a folder, leaves a picture of each there. */
export async function lookAtSite(site, executablePath, pictures) {
  const server = createServer((request, response) => serve(site, request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    for (const { name, ...view } of views) {
      const context = await browser.newContext(view);
      for (const page of pages)
        await look(await context.newPage(), `${url}${page}`, `${name} ${page}`, view, pictures);
      await context.close();
    }
    await search(await browser.newPage(), url);
  } finally {
    await browser.close();
    server.close();
  }
  process.stdout.write(`${pages.length} pages looked at in ${views.length} views, and searched.\n`);
}

async function look(page, address, what, { viewport, colorScheme }, pictures) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(address, { waitUntil: 'networkidle' });
  assert.deepEqual(problems, [], `${what} has errors`);
  const { heading, width, isDark } = await page.evaluate(() => ({
    heading: document.querySelector('h1')?.textContent ?? '',
    width: document.documentElement.scrollWidth,
    isDark: document.documentElement.classList.contains('dark'),
  }));
  assert.notEqual(heading.trim(), '', `${what} has no heading`);
  assert.ok(width <= viewport.width, `${what} is ${width} wide on a screen of ${viewport.width}`);
  assert.equal(isDark, colorScheme === 'dark', `${what} should be ${colorScheme}`);
  if (pictures) await page.screenshot({ path: join(pictures, `${what.replaceAll(/\W+/g, '-')}.png`) });
  await page.close();
}

async function search(page, url) {
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.keyboard.press('Control+k');
  await page.locator('#localsearch-input').fill('portsHeld');
  const first = page.locator('#localsearch-list li a').first();
  await first.waitFor();
  assert.match((await first.textContent()) ?? '', /held|redeploy/i, 'the search finds something else');
}

function serve(site, { url }, response) {
  const path = normalize(decodeURIComponent(new URL(url, 'http://x').pathname));
  const file = join(
    site,
    extname(path) === '' ? (path.endsWith('/') ? `${path}index.html` : `${path}.html`) : path,
  );
  try {
    const body = readFileSync(file);
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    response.end(body);
  } catch {
    // Not there: what a server of files says.
    response.statusCode = 404;
    response.end();
  }
}
