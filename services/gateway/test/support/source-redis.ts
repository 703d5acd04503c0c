import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { RedisSource, type RedisSourceOptions } from '../../src/sources/redis/source.js';
import { LogLines, Recorder, untilReady } from './source-harness.js';

/** A private Redis for one test, with an administrator's connection that reconnects after restarts. */
export interface TestRedis {
  server: LocalRedis;
  admin: Redis;
}

/** A started source with all its reports. */
export interface WatchedSource {
  source: RedisSource;
  recorder: Recorder;
  log: LogLines;
}

/** Starts a Redis that ends with the test. */
export async function testRedis(...args: string[]): Promise<TestRedis> {
  const server = await startLocalRedis({ args });
  const admin = new Redis({ port: server.port, host: '127.0.0.1', maxRetriesPerRequest: null });
  admin.on('error', () => {});
  onTestFinished(async () => {
    admin.disconnect();
    await server.stop();
  });
  return { server, admin };
}

/** Starts a source that ends with the test, without waiting until it is ready. */
export async function watchedSource(
  url: string,
  commandTimeoutMs = 60_000,
  options: Partial<RedisSourceOptions> = {},
): Promise<WatchedSource> {
  const log = new LogLines();
  const recorder = new Recorder();
  const source = new RedisSource({ url, logger: log, commandTimeoutMs, ...options });
  onTestFinished(() => source.close());
  await source.start(recorder);
  return { source, recorder, log };
}

/** Starts a source that ends with the test, and waits until it is ready. */
export async function readySource(
  url: string,
  commandTimeoutMs?: number,
  options?: Partial<RedisSourceOptions>,
): Promise<WatchedSource> {
  const watched = await watchedSource(url, commandTimeoutMs, options);
  await untilReady(watched.source);
  return watched;
}

/** A connection to one server that ends with the test, or with the file, and reconnects after restarts. */
export function adminOf({ url }: LocalRedis, password?: string): Redis {
  const admin = new Redis(url, { maxRetriesPerRequest: null, ...(password !== undefined && { password }) });
  admin.on('error', () => {});
  atEnd(() => admin.disconnect());
  return admin;
}

/** Number of subscribers of each channel in Redis. */
export async function subscribers(admin: Redis, ...channels: string[]): Promise<number[]> {
  const answer = await admin.pubsub('NUMSUB', ...channels);
  return channels.map((_, i) => Number(answer[2 * i + 1]));
}

/** The number of calls of a command since the last reset of the statistics. */
export async function calls(admin: Redis, command: string): Promise<number> {
  const statistics = await admin.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(statistics)?.[1] ?? 0);
}

/** Names of the gateway's connections in CLIENT LIST. */
export async function connections(admin: Redis): Promise<string[]> {
  const list = String(await admin.client('LIST'));
  return [...list.matchAll(/ name=(viaduct:\w+) /g)].map((match) => String(match[1])).sort();
}

/** Waits until the recorder has exactly these changes. */
export async function untilChanges(recorder: Recorder, ...changes: string[]): Promise<void> {
  await eventually(() => {
    if (recorder.changes.join() !== changes.join()) {
      throw new Error(`The source reported ${recorder.changes.join()}, not ${changes.join()}.`);
    }
  });
}
