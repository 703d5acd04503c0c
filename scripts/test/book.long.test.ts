import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../lib/workspace.mjs';
import { command } from './support/packages.js';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-book-'));

// Fails at a link to a page that does not exist, and if a page of docs/ is in no part of the book.
beforeAll(() => command('npm', ['run', '--silent', 'docs', '--', '--outDir', folder], ROOT));

afterAll(() => rmSync(folder, { recursive: true }));

/** The HTML of a page. */
const page = (name: string): string => readFileSync(join(folder, `${name}.html`), 'utf8');

const documents = readdirSync(join(ROOT, 'docs')).filter((file) => file.endsWith('.md'));

it.each(documents)('npm run docs makes a page of docs/%s, with its title', (file) => {
  const name = file.slice(0, -'.md'.length);
  const [, title = ''] = /^# (.*)$/mu.exec(readFileSync(join(ROOT, 'docs', file), 'utf8')) ?? [];
  expect(page(`docs/${name}`)).toContain(title.replaceAll('&', '&amp;'));
});

it('begins with the README, and has the protocol and the client', () => {
  expect(page('index')).toContain('Live geodata from Redis to browsers');
  expect(page('PROTOCOL')).toContain('live=true');
  expect(page('packages/client/README')).toContain('LiveCollection');
});

it('links pages to each other, and everything else to the repository', () => {
  const html = page('docs/producers');
  expect(html).toContain('href="/docs/troubleshooting"');
  expect(html).toContain('href="https://github.com/viaduct-geo/viaduct/tree/main/examples/producers"');
});

it('can be searched without a server', () => {
  const chunks = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const index = chunks.filter((file) => file.includes('localSearchIndex'));
  expect(index).toHaveLength(1);
  const text = readFileSync(join(folder, index[0] ?? ''), 'utf8');
  expect(text.includes('"/docs/producers#the-functions"')).toBe(true);
});
