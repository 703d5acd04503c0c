import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import type { Feature, Geometry } from 'geojson';
import { Redis } from 'ioredis';
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
  async set(channel: string, feature: Feature<Geometry | null>): Promise<void> {
    await this.publisher.hset(channel, String(feature.id), JSON.stringify(feature));
    await this.publish(channel, feature);
  }

  /** Sets many features at once. */
  async setAll(channel: string, features: readonly Feature<Geometry | null>[]): Promise<void> {
    const pipeline = this.publisher.pipeline();
    for (const feature of features) {
      const text = JSON.stringify(feature);
      pipeline.hset(channel, String(feature.id), text).publish(channel, text);
    }
    await pipeline.exec();
  }

  /** Sets trains with these ids, each at the longitude of its number. */
  async trains(channel: string, ...ids: number[]): Promise<void> {
    for (const id of ids) await this.set(channel, train(id, id, 47));
  }

  /** Removes all features of a channel. Their ids must be whole numbers. */
  async clear(channel: string): Promise<void> {
    const pipeline = this.publisher.pipeline();
    for (const id of await this.publisher.hkeys(channel))
      pipeline.hdel(channel, id).publish(channel, JSON.stringify(removal(Number(id))));
    await pipeline.exec();
  }

  /** Removes a feature from the hash and publishes that it is gone. */
  async remove(channel: string, id: string | number): Promise<void> {
    await this.publisher.hdel(channel, String(id));
    await this.publish(channel, removal(id));
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

/** The message that a feature is gone. */
function removal(id: number | string): Feature<null> {
  return { type: 'Feature', id, geometry: null, properties: {} };
}

export function idsOf(collection: LiveCollection): unknown[] {
  return Array.from(collection, ([id]) => id).sort();
}
