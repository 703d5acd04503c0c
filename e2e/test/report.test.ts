import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeInto } from '../src/report.js';

function documentWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-report-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'document.md');
  writeFileSync(file, text);
  return file;
}

it('puts the table between the markers, in place of an older one', () => {
  const file = documentWith('before\n<!-- e2e:start -->\n| old |\n<!-- e2e:end -->\nafter\n');
  writeInto(file, '| new |');
  expect(readFileSync(file, 'utf8')).toBe(
    'before\n<!-- e2e:start -->\n\n| new |\n\n<!-- e2e:end -->\nafter\n',
  );
});

it('reports missing markers', () => {
  expect(() => writeInto(documentWith('no markers'), '| new |')).toThrow(/e2e:start/);
});
