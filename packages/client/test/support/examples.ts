import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** A block of code from the documentation. */
export interface Example {
  /** File and line. */
  name: string;
  code: string;
  /** Whether it needs a page. */
  browser: boolean;
  /** Of the file that it would be. */
  extension: 'ts' | 'tsx';
  /** What it prints first, as its comments say. */
  prints: string[];
}

/** Where the examples look for a gateway. */
export const EXAMPLE_URL = 'http://localhost:8080';

/** All examples of the README and of the comments in the source. */
export function examples(): Example[] {
  const files = ['README.md', ...readableSources()];
  return files.flatMap((file) => blocks(file, readFileSync(`${PACKAGE}${file}`, 'utf8')));
}

/** Source files, by their path in the package. */
function readableSources(): string[] {
  return readdirSync(`${PACKAGE}src`).map((name) => `src/${name}`);
}

function blocks(file: string, text: string): Example[] {
  return [...text.matchAll(/^( *\* )?```(ts|ts browser|tsx)\n([\s\S]*?)^\1?```/gmu)].map((match) => {
    const [, margin = '', kind = 'ts', body = ''] = match;
    const lines = body.split('\n').map((line) => (line.startsWith(margin) ? line.slice(margin.length) : ''));
    const code = lines.join('\n');
    return {
      name: `${file}:${text.slice(0, match.index).split('\n').length}`,
      code,
      browser: kind !== 'ts',
      extension: kind === 'tsx' ? 'tsx' : 'ts',
      prints: [...code.matchAll(/\/\/ prints: (.*)$/gmu)].map(([, printed = '']) => printed),
    };
  });
}
