import { MeasuredGateway } from '@viaduct/testkit/measured-gateway';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { until } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { CALM_CHANNEL, rawWitness, socketIoWitness, type Witness } from './witness.js';

/** Milliseconds between two messages of the calm channel. */
const CALM_INTERVAL_MS = 20;

/** A gateway with its Redis, a steady stream, and clients that must notice nothing. */
export class World {
  #number = 0;
  readonly #calm: NodeJS.Timeout;

  private constructor(
    readonly redisServer: LocalRedis,
    readonly redis: Redis,
    readonly gateway: MeasuredGateway,
    readonly witnesses: readonly Witness[],
  ) {
    this.#calm = setInterval(() => this.#publish(), CALM_INTERVAL_MS);
  }

  /** @param env settings of the gateway besides its Redis and CHANNELS, which is `*` */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<World> {
    const redisServer = await startLocalRedis();
    const redis = new Redis(redisServer.url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => 50,
    });
    // The publisher notices an unreachable Redis itself.
    redis.on('error', () => undefined);
    try {
      await until(() => redis.status === 'ready', 'the connection to Redis');
      const gateway = await MeasuredGateway.start({ REDIS_URL: redisServer.url, CHANNELS: '*', ...env });
      const witnesses = [await rawWitness(gateway.url), await socketIoWitness(gateway.url)];
      return new World(redisServer, redis, gateway, witnesses);
    } catch (error) {
      redis.disconnect();
      await redisServer.stop();
      throw error;
    }
  }

  /** The next gap that witnesses see is caused by a fault. */
  expectLosses(): void {
    for (const witness of this.witnesses) witness.expectLosses();
  }

  /** Throws if a witness noticed something or receives no answer, or the gateway logs a defect. */
  async assertUndisturbed(): Promise<void> {
    await Promise.all(this.witnesses.map((witness) => witness.ping()));
    const problems = [
      ...this.witnesses.flatMap(({ transport, problems }) => problems.map((text) => `${transport}: ${text}`)),
      ...this.gateway.defects.map((line) => JSON.stringify(line)),
      ...(this.gateway.alive ? [] : [`the gateway ended: ${this.gateway.stderr.slice(-2000)}`]),
    ];
    if (problems.length > 0) throw new Error(problems.slice(0, 10).join('\n'));
  }

  async stop(): Promise<void> {
    clearInterval(this.#calm);
    for (const witness of this.witnesses) witness.close();
    // Fails if the log reports a defect, after ending everything.
    await this.gateway.stop().finally(() => {
      this.redis.disconnect();
      return this.redisServer.stop();
    });
  }

  #publish(): void {
    if (this.redis.status !== 'ready') return;
    this.#number += 1;
    this.redis.publish(CALM_CHANNEL, JSON.stringify({ n: this.#number })).catch(() => undefined);
  }
}
