/** A link on a page. */
export interface PageLink {
  subdomain: string;
  url: string;
  projectId: string;
  deploymentId: string;
}

export interface PageContent {
  title: string;
  message: string;
  /** `null`: nothing is said about what is known. */
  routes: readonly PageLink[] | null;
}

/** What the router itself says, to people. */
export function htmlPage({ title, message, routes }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}td{padding-right:1.5rem}</style>
<h1>${escape(title)}</h1>
<p>${escape(message)}</p>
${routes ? table(routes) : ''}
</html>
`;
}

/** The same, to programs. */
export function jsonPage({ title, message, routes }: PageContent): string {
  return `${JSON.stringify({ title, message, ...(routes ? { routes } : {}) })}\n`;
}

function table(routes: readonly PageLink[]): string {
  if (routes.length === 0) return '<p>No deployment has a route.</p>';
  const rows = routes.map(
    ({ subdomain, url, projectId, deploymentId }) =>
      `<tr><td><a href="${escape(url)}">${escape(subdomain)}</a><td>project ${escape(projectId)}<td>deployment ${escape(deploymentId)}`,
  );
  return `<table>\n${rows.join('\n')}\n</table>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
