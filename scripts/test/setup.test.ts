import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findOnPath } from '../lib/path-search.mjs';
import { duration } from '../lib/progress.mjs';
import { mustRun, runTool, ToolError } from '../lib/run.mjs';
import { installFingerprint, isInstalled, ROOT } from '../lib/workspace.mjs';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-scripts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function program(folder: string, name: string, mode = 0o755): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), '');
  chmodSync(join(folder, name), mode);
  return join(folder, name);
}

describe('an install', () => {
  it('is needed at first, and again whenever what it was made for has changed', () => {
    const root = temporaryFolder();
    const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
    for (const file of inputs) copyFileSync(join(ROOT, file), join(root, file));
    expect(isInstalled(root)).toBe(false);
    mkdirSync(join(root, 'node_modules'));
    const stamp = join(root, 'node_modules', '.viaduct-install');
    for (const file of inputs) {
      writeFileSync(stamp, installFingerprint(root));
      expect(isInstalled(root)).toBe(true);
      writeFileSync(join(root, file), 'changed');
      expect(isInstalled(root)).toBe(false);
    }
  });
});

describe('the search on the PATH', () => {
  it('prefers earlier names, then earlier folders, and takes only what can be run', () => {
    const root = temporaryFolder();
    const [one, two] = [join(root, 'one'), join(root, 'two')];
    const path = ['', one, join(root, 'missing'), two].join(delimiter);
    program(one, 'tool', 0o644);
    const second = program(two, 'tool');
    expect(findOnPath(['tool'], path)).toBe(second);
    const first = program(one, 'other');
    expect(findOnPath(['tool', 'other'], path)).toBe(second);
    expect(findOnPath(['nothing', 'other'], path)).toBe(first);
    mkdirSync(join(one, 'folder'));
    expect(findOnPath(['folder', 'nothing'], path)).toBeNull();
  });
});

describe('a tool', () => {
  const options = { cwd: ROOT };

  it('gives its output', async () => {
    expect(await mustRun('sh', ['-c', 'echo out; echo err >&2'], options)).toContain('out');
    expect(await runTool('sh', ['-c', 'echo said; exit 3'], options)).toEqual({ code: 3, output: 'said\n' });
    expect((await runTool('sh', ['-c', 'kill -TERM $$'], options)).code).toBe(143);
  });

  it('that fails is quoted with its command, its code and what it said', async () => {
    const failure = mustRun('sh', ['-c', 'echo no such luck >&2; exit 7'], options);
    await expect(failure).rejects.toThrow(ToolError);
    await expect(failure).rejects.toThrow(/sh -c .* ended with code 7:\n\nno such luck/);
    await expect(mustRun('sh', ['-c', 'exit 1'], options)).rejects.toThrow('it printed nothing');
    await expect(mustRun('viaduct-no-such-tool', [], options)).rejects.toThrow('could not be started');
  });
});

describe('durations', () => {
  it.each([
    [40, '0.0 s'],
    [1240, '1.2 s'],
    [9940, '9.9 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ])('%i ms are %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});
