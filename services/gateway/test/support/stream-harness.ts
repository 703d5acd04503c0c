import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { MemoryStreams } from '../../src/sources/memory/streams.js';
import { RedisStreams } from '../../src/sources/redis/streams.js';
import { parseRedisUrl } from '../../src/sources/redis/url.js';
import type { StreamEntry, StreamEvents, StreamLoss, StreamStore } from '../../src/sources/streams.js';
import { ReadBudget } from '../../src/state/read-budget.js';
import { RecoveryReader } from '../../src/state/recoveries.js';
import { readerFrom } from './read-harness.js';
import { LogLines } from './source-harness.js';

/** Records the reports of a store of streams to its listener. */
export class StreamRecorder implements StreamEvents {
  readonly received: [stream: string, entry: StreamEntry][] = [];
  readonly losses: [stream: string, reason: StreamLoss][] = [];
  readonly denials: string[] = [];
  changes = 0;

  entry(stream: string, entry: StreamEntry): void {
    this.received.push([stream, entry]);
  }

  lost(stream: string, reason: StreamLoss): void {
    this.losses.push([stream, reason]);
  }

  denied(stream: string): void {
    this.denials.push(stream);
  }

  changed(): void {
    this.changes++;
  }

  texts(stream: string): string[] {
    return this.received.filter(([name]) => name === stream).map(([, { text }]) => text);
  }
}

/** A store that is not started, with the means to fill it. */
export interface StoreUnderTest {
  store: StreamStore;
  /**
   * Adds an entry and resolves with its id.
   *
   * @param maxLength the most entries that the stream keeps
   */
  add(stream: string, text: string, maxLength?: number): Promise<string>;
}

export interface StoreKind {
  make(): StoreUnderTest;
  end(): Promise<void>;
}

export async function memoryStreamsKind(): Promise<StoreKind> {
  return {
    make() {
      const store = new MemoryStreams();
      return { store, add: async (stream, text, maxLength) => store.add(stream, text, maxLength) };
    },
    end: async () => {},
  };
}

export async function redisStreamsKind(): Promise<StoreKind> {
  const server = await startLocalRedis();
  const writer = new Redis(server.url);
  return {
    make: () => ({ store: redisStreams(server.url), add: (...entry) => addTo(writer, ...entry) }),
    async end() {
      await writer.quit();
      await server.stop();
    },
  };
}

/** A store of streams in a Redis. */
function redisStreams(url: string, logger = new LogLines(), commandTimeoutMs = 60_000): RedisStreams {
  return new RedisStreams({ address: parseRedisUrl(url), logger, commandTimeoutMs });
}

/** A ready store of streams in a Redis, which ends with the test. */
export async function readyStreams(
  url: string,
  commandTimeoutMs?: number,
): Promise<{
  store: RedisStreams;
  recorder: StreamRecorder;
  log: LogLines;
}> {
  const log = new LogLines();
  const recorder = new StreamRecorder();
  const store = redisStreams(url, log, commandTimeoutMs);
  atEnd(() => store.close());
  store.start(recorder);
  await eventually(() => {
    if (!store.ready) throw new Error('The streams are not ready yet.');
  });
  return { store, recorder, log };
}

async function addTo(redis: Redis, stream: string, text: string, maxLength?: number): Promise<string> {
  const id =
    maxLength === undefined
      ? await redis.xadd(stream, '*', 'data', text)
      : await redis.xadd(stream, 'MAXLEN', '=', maxLength, '*', 'data', text);
  if (id === null) throw new Error('Redis returned no id.');
  return id;
}

/** The entries of a stream after an id, as one session recovers them; or why it cannot. */
export async function recover(
  store: Pick<StreamStore, 'after' | 'position'>,
  stream: string,
  since: string,
  maxEntries = 1_000,
  maxBytes = 2 ** 30,
) {
  const streams = {
    has: () => true,
    position: (name: string) => store.position(name),
    after: (name: string, id: string, count: number) => store.after(name, id, count),
  };
  // One read may have seven eighths.
  const budget = new ReadBudget((maxBytes * 8) / 7, { evicted: () => {} });
  const recoveries = new RecoveryReader(streams, budget, maxEntries, () => {});
  const recovery = await recoveries.read(stream, since, performance.now(), readerFrom('here'));
  if (!recovery.recovered) return { complete: false as const, reason: recovery.reason };
  const { entries, first } = recovery;
  const found = entries.value.values.slice(first).map((text, i) => {
    const { id } = entries.value.envelope(first + i, 'null', null);
    return { id, text };
  });
  entries.release();
  return { complete: true as const, entries: found };
}
