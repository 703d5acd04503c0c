import { describe, expect, test } from 'vitest';
import { createSource } from '../../../src/sources/index.js';
import { describeAddress, parseRedisUrl } from '../../../src/sources/redis/url.js';
import { LogLines } from '../../support/source-harness.js';

const local = { kind: 'server', host: 'localhost', port: 6379, db: 0, tls: null };

const sentinel = {
  kind: 'sentinel',
  sentinels: [{ host: 'localhost', port: 26379 }],
  master: 'mymaster',
  sentinel: {},
  db: 0,
  tls: null,
};
const cluster = { kind: 'cluster', nodes: [{ host: 'localhost', port: 6379 }], db: 0, tls: null };

describe('a Redis URL', () => {
  test.each([
    ['redis://localhost', local],
    ['redis://localhost/', local],
    ['redis://localhost:6380/15', { ...local, port: 6380, db: 15 }],
    ['rediss://redis.example.org', { ...local, host: 'redis.example.org', tls: {} }],
    ['redis://[::1]:6380', { ...local, host: '::1', port: 6380 }],
    ['redis://:secret@localhost', { ...local, password: 'secret' }],
    ['redis://user:secret@localhost', { ...local, username: 'user', password: 'secret' }],
    ['redis://us%40er:p%3A%2F%25@localhost', { ...local, username: 'us@er', password: 'p:/%' }],
    ['redis+sentinel://localhost/mymaster', sentinel],
    [
      'rediss+sentinel://user:secret@one,[::1]:5000,two:26379/my%20master/3',
      {
        ...sentinel,
        sentinels: [
          { host: 'one', port: 26379 },
          { host: '::1', port: 5000 },
          { host: 'two', port: 26379 },
        ],
        master: 'my master',
        db: 3,
        tls: {},
        username: 'user',
        password: 'secret',
      },
    ],
    ['redis+cluster://localhost', cluster],
    [
      'rediss+cluster://:secret@one:7000,two/',
      {
        ...cluster,
        nodes: [
          { host: 'one', port: 7000 },
          { host: 'two', port: 6379 },
        ],
        tls: {},
        password: 'secret',
      },
    ],
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
    ['redis://:secret@one:6379,two:6379', 'names several hosts'],
    ['redis+sentinel://:secret@localhost', 'names no master'],
    ['redis+sentinel://:secret@localhost/', 'names no master'],
    ['redis+sentinel://:secret@localhost/mymaster/one', 'is not the number of a database'],
    ['redis+sentinel://:secret@one,,two/mymaster', 'names no host'],
    ['redis+sentinel://:secret@one:port/mymaster', 'cannot be read as a URL'],
    ['redis+sentinel://:secret@localhost/mymaster?db=1', 'has a query'],
    ['redis+cluster://:secret@one,two/1', 'a Redis Cluster has no databases'],
    ['redis+cluster://secret@one', 'names a user without a password'],
    ['redis+unix://:secret@one', 'has another scheme'],
    ['http+cluster://:secret@one', 'has another scheme'],
  ])('%j is refused with the remedy, and not repeated', (url, problem) => {
    expect(() => parseRedisUrl(url)).toThrow(problem);
    expect(() => parseRedisUrl(url)).toThrow('It must be redis://');
    expect(() => parseRedisUrl(url)).not.toThrow('secret');
  });

  test.each([
    ['redis://user:secret@localhost', 'redis://localhost:6379/0'],
    ['rediss://:secret@[::1]:6380/2', 'rediss://[::1]:6380/2'],
    ['redis+sentinel://:secret@one,two:1/main', 'redis+sentinel://one:26379,two:1/main/0'],
    ['rediss+cluster://:secret@one,two:1', 'rediss+cluster://one:6379,two:1'],
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
    ['redis+sentinel://localhost/mymaster', 'redis'],
    ['redis+cluster://localhost', 'redis'],
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
