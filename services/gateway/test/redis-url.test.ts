import { describe, expect, test } from 'vitest';
import { createSource } from '../src/sources/index.js';
import { describeAddress, parseRedisUrl } from '../src/sources/redis-url.js';
import { LogLines } from './support/source-harness.js';

const local = { host: 'localhost', port: 6379, db: 0, tls: false };

describe('a Redis URL', () => {
  test.each([
    ['redis://localhost', local],
    ['redis://localhost/', local],
    ['redis://localhost:6380/15', { ...local, port: 6380, db: 15 }],
    ['rediss://redis.example.org', { ...local, host: 'redis.example.org', tls: true }],
    ['redis://[::1]:6380', { ...local, host: '::1', port: 6380 }],
    ['redis://:secret@localhost', { ...local, password: 'secret' }],
    ['redis://user:secret@localhost', { ...local, username: 'user', password: 'secret' }],
    ['redis://us%40er:p%3A%2F%25@localhost', { ...local, username: 'us@er', password: 'p:/%' }],
  ])('%s is read', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  test.each([
    ['', 'cannot be read as a URL'],
    ['localhost', 'cannot be read as a URL'],
    ['redis://secret@localhost:port', 'cannot be read as a URL'],
    ['http://secret@localhost', 'has another scheme'],
    ['localhost:6379', 'has another scheme'],
    ['redis:///1', 'names no host'],
    ['redis://:secret@localhost:0', 'has the port 0'],
    ['redis://secret@localhost', 'names a user without a password'],
    ['redis://:secret@localhost/one', 'is not the number of a database'],
    ['redis://:secret@localhost/1/2', 'is not the number of a database'],
    ['redis://:secret@localhost/-1', 'is not the number of a database'],
    ['redis://:secret@localhost?db=1', 'has a query'],
    ['redis://:secret@localhost#1', 'has a query or a fragment'],
    ['redis://:secret%@localhost', 'encodes nothing'],
  ])('%j is refused with the remedy, and not repeated', (url, problem) => {
    expect(() => parseRedisUrl(url)).toThrow(problem);
    expect(() => parseRedisUrl(url)).toThrow('It must be redis://');
    expect(() => parseRedisUrl(url)).not.toThrow('secret');
  });

  test.each([
    ['redis://user:secret@localhost', 'redis://localhost:6379/0'],
    ['rediss://:secret@[::1]:6380/2', 'rediss://[::1]:6380/2'],
  ])('%s is shown as %s', (url, shown) => {
    expect(describeAddress(parseRedisUrl(url))).toBe(shown);
  });
});

describe('createSource', () => {
  const logger = new LogLines();

  test.each([
    ['memory:', 'memory'],
    ['redis://localhost', 'redis'],
    ['rediss://:secret@localhost:6380/1', 'redis'],
  ])('%s makes a source that is not started', async (redisUrl, kind) => {
    const source = createSource({ redisUrl, logger });
    expect(source.kind).toBe(kind);
    expect(source.ready).toBe(false);
    await source.close();
  });

  test.each(['', 'memory', 'http://localhost'])('%j is refused with the remedy', (redisUrl) => {
    expect(() => createSource({ redisUrl, logger })).toThrow('use memory: instead');
  });
});
