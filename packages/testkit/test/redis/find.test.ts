import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRedisServer } from '../../src/redis/index.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'viaduct-find-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function executable(folder: string, name: string): string {
  const path = join(directory, folder, name);
  mkdirSync(join(directory, folder), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

function onPath(...folders: string[]): NodeJS.ProcessEnv {
  return { PATH: folders.map((folder) => join(directory, folder)).join(':') };
}

test('finds the first redis-server on the PATH', () => {
  const first = executable('a', 'redis-server');
  executable('b', 'redis-server');
  expect(findRedisServer(onPath('missing', 'a', 'b'))).toBe(first);
});

test('finds a valkey-server if there is no redis-server', () => {
  const valkey = executable('a', 'valkey-server');
  expect(findRedisServer(onPath('a'))).toBe(valkey);
  const redis = executable('b', 'redis-server');
  expect(findRedisServer(onPath('a', 'b'))).toBe(redis);
});

test('skips directories and files that are not executable', () => {
  mkdirSync(join(directory, 'a', 'redis-server'), { recursive: true });
  chmodSync(executable('b', 'redis-server'), 0o644);
  expect(findRedisServer(onPath('a', 'b'))).toBeNull();
});

test('finds nothing on an empty or missing PATH', () => {
  expect(findRedisServer({ PATH: '' })).toBeNull();
  expect(findRedisServer({})).toBeNull();
});
