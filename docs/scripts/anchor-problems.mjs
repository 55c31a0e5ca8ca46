import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of a site, by any address: only its path counts. */
const origin = 'http://site';

/**
 * Links of a built site to a place in a page where there is no such place; VitePress itself looks for the page only.
 *
 * @returns `page: link`, each
 */
export function anchorProblems(site) {
  const pages = globSync('**/*.html', { cwd: site }).filter((file) => file !== '404.html');
  const html = new Map(pages.map((file) => [`/${file}`, readFileSync(join(site, file), 'utf8')]));
  return [...html].flatMap(([page, text]) =>
    Array.from(text.matchAll(/<a [^>]*href="([^":]*#[^"]*)"/g), ([, link]) => link)
      .filter((link) => !hasPlace(html, new URL(link, `${origin}${page}`)))
      .map((link) => `${page}: there is no ${link}`),
  );
}

function hasPlace(html, { pathname, hash }) {
  const paths = [pathname, `${pathname}.html`, `${pathname}index.html`];
  const text = html.get(paths.find((path) => html.has(path)));
  const id = decodeURIComponent(hash.slice(1));
  return text !== undefined && (id === '' || text.includes(` id="${id}"`));
}
