import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where files are that are not pages of the book. */
const REPOSITORY = 'https://github.com/viaduct-geo/viaduct/blob/main/';

/** Documents outside docs/ that are pages of the book. */
const OUTSIDE = [
  'README.md',
  'PROTOCOL.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'examples/README.md',
  'k8s/README.md',
  'packages/client/README.md',
  'packages/geo-worker/README.md',
  'packages/protocol/README.md',
  'services/demo/README.md',
];

/** The parts of the book, with the names of their pages in docs/. */
const PARTS = {
  Start: ['getting-started', 'concepts', 'faq', 'comparison', 'troubleshooting'],
  'Put data in': ['producers', 'feeds'],
  'Show it': ['maps', 'your-page', 'authentication', 'http-api'],
  Move: ['moving-from-redis_websocket_api', 'moving-to-live-views'],
  Run: ['operations', 'security', 'settings', 'limits', 'scaling', 'performance', 'reliability', 'metrics'],
  'Run more': ['admin-api', 'upgrading', 'backup', 'tenants'],
  Reference: ['extending', 'reference'],
};

/** The pages of a part, with their first headings as titles. */
function pagesOf(/** @type {string[]} */ names) {
  return names.map((name) => {
    const [, text = name] = /^# (.*)$/mu.exec(readFileSync(join(ROOT, 'docs', `${name}.md`), 'utf8')) ?? [];
    return { text, link: `/docs/${name}` };
  });
}

const listed = new Set(Object.values(PARTS).flat());
for (const file of readdirSync(join(ROOT, 'docs'))) {
  if (!file.endsWith('.md') || file === 'README.md' || listed.has(file.slice(0, -'.md'.length))) continue;
  throw new Error(`docs/${file} is in no part of the book; add it to docs/.vitepress/config.mjs`);
}

/**
 * Makes links to what is not a page lead to the repository, because the book has only pages.
 *
 * @param {import('vitepress').MarkdownRenderer} md
 */
function linkToRepository(md) {
  md.core.ruler.push('repository-links', ({ env, tokens }) => {
    const folder = dirname(join(ROOT, env.relativePath ?? ''));
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href');
      if (token.type !== 'link_open' || href === null || /^(?:[a-z]+:|#)/u.test(href)) continue;
      const [path = ''] = href.split('#');
      const file = join(folder, decodeURI(path));
      const name = relative(ROOT, file);
      const isPage = name.endsWith('.md') && (name.startsWith('docs/') || OUTSIDE.includes(name));
      if (!isPage && existsSync(file)) {
        const kind = statSync(file).isDirectory() ? 'tree' : 'blob';
        token.attrSet('href', `${REPOSITORY.replace('blob', kind)}${name}`);
      }
    }
  });
}

/** @type {import('vitepress').UserConfig<import('vitepress').DefaultTheme.Config>} */
export default {
  title: 'Viaduct',
  description: "Live geodata from Redis to browsers: only what is in the box, in the map's projection.",
  // The documents are where readers of the repository look for them, so the whole repository is the source.
  srcDir: '..',
  srcExclude: [
    '**/node_modules/**',
    '**/dist/**',
    '.changeset/**',
    '.github/**',
    'CODE_OF_CONDUCT.md',
    'bench/**',
    'e2e/**',
    'stress/**',
    'deploy/**',
    'packages/*/data/**',
    'packages/testkit/**',
    'services/gateway/**',
  ],
  rewrites: { 'README.md': 'index.md' },
  outDir: './.vitepress/dist',
  cacheDir: '../.cache/vitepress',
  cleanUrls: true,
  ignoreDeadLinks: 'localhostLinks',
  markdown: { config: linkToRepository },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/docs/getting-started' },
      { text: 'Protocol', link: '/PROTOCOL' },
      { text: 'Client', link: '/packages/client/README' },
    ],
    sidebar: Object.entries(PARTS).map(([text, names]) => ({
      text,
      items: pagesOf(names),
    })),
  },
};
