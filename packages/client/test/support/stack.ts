import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import type { Feature, Geometry } from 'geojson';
import { type ChainableCommander, Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { type ConnectOptions, connect, type LiveCollection, type Viaduct } from '../../src/index.js';
import { socketIo } from '../../src/socket-io.js';

/** A real Redis and gateways that read it. */
export class Stack {
  constructor(
    readonly redis: LocalRedis,
    readonly publisher: Redis,
  ) {}

  gateway(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    return startGateway({ REDIS_URL: this.redis.url, CHANNELS: '*', ...env });
  }

  async publish(channel: string, ...messages: unknown[]): Promise<void> {
    for (const message of messages) await this.publisher.publish(channel, JSON.stringify(message));
  }

  /** Sets a feature in the hash and publishes it, as a feed does. */
  set(channel: string, feature: Feature<Geometry | null>): Promise<void> {
    return this.setAll(channel, [feature]);
  }

  /** Sets many features at once. */
  async setAll(channel: string, features: readonly Feature<Geometry | null>[]): Promise<void> {
    const pipeline = this.publisher.pipeline();
    for (const feature of features) {
      const text = JSON.stringify(feature);
      pipeline.hset(channel, String(feature.id), text).publish(channel, text);
    }
    await succeed(pipeline);
  }

  /** Sets trains with these ids, each at the longitude of its number. */
  async trains(channel: string, ...ids: number[]): Promise<void> {
    for (const id of ids) await this.set(channel, train(id, id, 47));
  }

  /** Removes all features of a channel. Their ids must be whole numbers. */
  async clear(channel: string): Promise<void> {
    await this.#removeAll(channel, (await this.publisher.hkeys(channel)).map(Number));
  }

  /** Removes a feature from the hash and publishes that it is gone. */
  remove(channel: string, id: string | number): Promise<void> {
    return this.#removeAll(channel, [id]);
  }

  async #removeAll(channel: string, ids: readonly (string | number)[]): Promise<void> {
    const pipeline = this.publisher.pipeline();
    for (const id of ids) {
      const removal = { type: 'Feature', id, geometry: null, properties: {} };
      pipeline.hdel(channel, String(id)).publish(channel, JSON.stringify(removal));
    }
    await succeed(pipeline);
  }
}

/** Starts a Redis that runs until the end of the file or, if called in a test, of the test. */
export async function startStack(): Promise<Stack> {
  const redis = await startLocalRedis();
  const publisher = new Redis(redis.url);
  publisher.on('error', () => {});
  atEnd(async () => {
    publisher.disconnect();
    await redis.stop();
  });
  return new Stack(redis, publisher);
}

/** The transport of the lane: these suites run once over each. */
const TRANSPORT: ConnectOptions =
  process.env.CLIENT_TRANSPORT === 'socket.io' ? { transport: socketIo() } : {};

/** A client that ends with the test and reconnects fast. */
export function client(url: string, options: ConnectOptions = {}): Viaduct {
  const viaduct = connect(url, { reconnectMinMs: 50, reconnectMaxMs: 500, ...TRANSPORT, ...options });
  onTestFinished(() => viaduct.close());
  return viaduct;
}

/** A point with an id, in degrees. */
export function train(id: number | string, x: number, y: number, properties = {}): Feature<Geometry> {
  return { type: 'Feature', id, geometry: { type: 'Point', coordinates: [x, y] }, properties };
}

/** @throws the error of the first command that Redis refuses */
async function succeed(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

export function idsOf(collection: LiveCollection): unknown[] {
  return Array.from(collection, ([id]) => id).sort();
}
