import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { anchors, links, markdownFiles } from '../lib/markdown.mjs';
import { ROOT } from '../lib/workspace.mjs';

const files = markdownFiles(ROOT);

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Why a link leads nowhere; null where it leads somewhere or outside. */
function fault(file: string, target: string): string | null {
  if (/^[a-z]+:/u.test(target)) return null;
  const [path = '', anchor] = target.split('#');
  const found = path === '' ? file : join(dirname(file), decodeURIComponent(path));
  if (!existsSync(join(ROOT, found))) return `${target}: there is no ${found}`;
  if (anchor === undefined || !found.endsWith('.md')) return null;
  return anchors(read(found)).includes(anchor) ? null : `${target}: ${found} has no such heading`;
}

test('the documents are all here', () => {
  for (const file of ['README.md', 'PROTOCOL.md', 'docs/README.md', 'packages/protocol/README.md']) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => file.includes('node_modules'))).toEqual([]);
});

test.each(files)('the links of %s lead somewhere', (file) => {
  const faults = links(read(file)).map((target) => fault(file, target));
  expect(faults.filter((why) => why !== null)).toEqual([]);
});

test('README.md has fewer than 150 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThan(150);
});

test('docs/README.md leads to every page of docs', () => {
  const targets = links(read('docs/README.md'));
  const pages = files.filter((file) => /^docs\/[^/]+\.md$/u.test(file) && file !== 'docs/README.md');
  expect(pages.length).toBeGreaterThan(5);
  for (const page of pages) expect(targets).toContain(page.slice('docs/'.length));
});

test('the repository has one address', () => {
  const texts = [...files, 'package.json', 'docs/asyncapi.yaml', '.github/ISSUE_TEMPLATE/config.yml'].map(
    read,
  );
  const addresses = texts.flatMap((text) => [...text.matchAll(/github\.com\/([\w-]+\/viaduct)\b/gu)]);
  expect(addresses.length).toBeGreaterThan(5);
  expect([...new Set(addresses.map(([, name]) => name))]).toEqual(['viaduct-geo/viaduct']);
});

describe('the check of links', () => {
  it('sees inline links, images and definitions, and no code', () => {
    const text =
      '[a](b.md) ![c](d.png "title") [e](<f.md>)\n[g]: h.md\n`[i](j)`\n```\n[k](l)\n```\n    [m](n)\n';
    expect(links(text)).toEqual(['b.md', 'd.png', 'f.md', 'h.md']);
  });

  it('makes the anchors that GitHub makes', () => {
    const text =
      '# Box and projection\n## `GET` it!\n## A [link](x) & more\n## Same\n## Same\n```\n# no\n```\n';
    expect(anchors(text)).toEqual(['box-and-projection', 'get-it', 'a-link--more', 'same', 'same-1']);
  });

  it('finds what leads nowhere', () => {
    expect(fault('README.md', 'nowhere.md')).toContain('there is no nowhere.md');
    expect(fault('README.md', 'PROTOCOL.md#nothing')).toContain('no such heading');
    expect(fault('docs/README.md', '../PROTOCOL.md#get')).toBeNull();
    expect(fault('README.md', 'https://example.org')).toBeNull();
  });
});
