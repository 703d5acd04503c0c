import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SRC = new URL('../src/', import.meta.url);

it('the main entry imports nothing but its own files, so that it runs in a browser and a worker alike', () => {
  const files = ['', 'commands/'].flatMap((folder) =>
    readdirSync(new URL(folder, SRC))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}${name}`),
  );
  expect(files).toContain('index.ts');
  for (const file of files) {
    const text = readFileSync(new URL(file, SRC), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/gu)].map(([, name]) => name);
    for (const name of imports) expect(name, file).toMatch(/^\.{1,2}\/(?:commands\/)?[\w-]+\.js$/u);
    expect(text, file).not.toMatch(/\b(?:process|Buffer|require|globalThis|window)\b/u);
  }
});

it('the package has no dependency that every user must install', () => {
  const manifest: Record<string, Record<string, { optional?: boolean }> | undefined> = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  expect(Object.keys(manifest.dependencies ?? {})).toEqual([]);
  for (const name of Object.keys(manifest.peerDependencies ?? {})) {
    expect(manifest.peerDependenciesMeta?.[name]?.optional, name).toBe(true);
  }
});
