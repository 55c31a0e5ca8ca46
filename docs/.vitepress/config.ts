import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitepress';
import type { DefaultTheme, UserConfig } from 'vitepress';

const docs = fileURLToPath(new URL('..', import.meta.url));
const root = dirname(docs.replace(/\/$/, ''));
// Written by TypeDoc right before.
const api = JSON.parse(
  readFileSync(join(docs, 'api/typedoc-sidebar.json'), 'utf8'),
) as DefaultTheme.SidebarItem[];
const repository = 'https://github.com/project-runner/project-runner';

const hooks = ['package-manager', 'health-probe', 'log-sink', 'port-strategy', 'framework', 'launcher'];
const title = (hook: string): string => hook.charAt(0).toUpperCase() + hook.slice(1).replace('-', ' ');

/** The site is the folder `docs` of the repository: its links into the rest of it lead there. */
function linkOutside(href: string, page: string): string {
  if (!href.startsWith('.')) return href;
  const [path = '', anchor] = href.split('#');
  const target = resolve(dirname(join(docs, page)), path);
  if (target.startsWith(docs)) return href;
  // Those within the site are checked by VitePress.
  if (!existsSync(target)) throw new Error(`${page} links to ${href}, and there is no ${target}`);
  const kind = statSync(target).isDirectory() ? 'tree' : 'blob';
  return `${repository}/${kind}/main/${relative(root, target)}${anchor === undefined ? '' : `#${anchor}`}`;
}

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'Project Runner',
  description: 'Builds Node projects and runs them as supervised servers',
  lang: 'en',
  head: [['link', { rel: 'icon', href: '/logo.svg' }]],
  cleanUrls: true,
  srcExclude: ['scripts/**', 'snippets/**'],
  lastUpdated: false,
  ignoreDeadLinks: false,
  markdown: {
    config(md) {
      const normal = md.renderer.rules.link_open;
      md.renderer.rules.link_open = (tokens, index, options, env, self) => {
        const token = tokens[index];
        const href = token?.attrGet('href');
        if (token && href)
          token.attrSet('href', linkOutside(href, (env as { relativePath: string }).relativePath));
        return normal ? normal(tokens, index, options, env, self) : self.renderToken(tokens, index, options);
      };
    },
  },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'Hooks', link: '/hooks/health-probe' },
      { text: 'Cookbook', link: '/cookbook' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/api/': api,
      '/': [
        {
          text: 'Guide',
          items: [
            { text: 'Getting started', link: '/getting-started' },
            { text: 'Life of a server', link: '/lifecycle' },
            { text: 'Builds', link: '/builds' },
            { text: 'Projects on demand', link: '/activator' },
            { text: 'Jobs', link: '/jobs' },
            { text: 'Errors', link: '/errors' },
            { text: 'Package managers as they behave', link: '/package-manager-behaviour' },
            { text: 'Cookbook', link: '/cookbook' },
          ],
        },
        {
          text: 'Plugins',
          items: [
            { text: 'Composing plugins', link: '/composing-plugins' },
            { text: 'Writing a plugin', link: '/writing-a-plugin' },
            { text: 'API stability', link: '/api-stability' },
            ...hooks.map((hook) => ({ text: title(hook), link: `/hooks/${hook}` })),
          ],
        },
      ],
    },
  },
});
export default config;
