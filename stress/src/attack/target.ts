import { GatewayProcess } from '@viaduct/testkit/gateway';
import type { Scrape } from '@viaduct/testkit/metrics';
import { memoryOf, openDescriptors, resetPeak } from '@viaduct/testkit/proc';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { sleep } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { InnocentClient } from './innocent.js';

/** Heap of the main thread, as in a small container. */
const HEAP_MEBIBYTES = 512;

/** After this time with the innocent client, the gateway has warmed up and started its first worker. */
const WARM_UP_MS = 1000;

/** A gateway on its defaults with a Redis of its own and an innocent client. */
export class Target {
  private constructor(
    readonly redisServer: LocalRedis,
    readonly redis: Redis,
    readonly gateway: GatewayProcess,
    readonly innocent: InnocentClient,
    readonly pid: number,
  ) {}

  /** @param settings of the gateway besides its Redis and CHANNELS, which is `*` */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Target> {
    const redisServer = await startLocalRedis();
    const redis = new Redis(redisServer.url);
    const gateway = new GatewayProcess(
      {
        REDIS_URL: redisServer.url,
        CHANNELS: '*',
        LIMITS: 'public',
        UNSUBSCRIBE_DELAY_MS: '500',
        ...settings,
      },
      { nodeArguments: [`--max-old-space-size=${HEAP_MEBIBYTES}`] },
    );
    try {
      await gateway.listening();
      await gateway.untilReady();
      const innocent = await InnocentClient.start(gateway.url, redis, redisServer.url);
      await sleep(WARM_UP_MS);
      return new Target(redisServer, redis, gateway, innocent, gateway.pid ?? 0);
    } catch (error) {
      gateway.signal('SIGKILL');
      redis.disconnect();
      await redisServer.stop();
      throw error;
    }
  }

  /** Resident memory in bytes; from now on, {@link peak} counts. */
  rest(): number {
    resetPeak(this.pid);
    return memoryOf(this.pid)?.nowBytes ?? 0;
  }

  /** Largest resident memory since {@link rest}, in bytes; 0 if the process has ended. */
  peak(): number {
    return memoryOf(this.pid)?.peakBytes ?? 0;
  }

  /** Number of sockets and files that the gateway has open. */
  descriptors(): number {
    return openDescriptors(this.pid) ?? 0;
  }

  scrape(): Promise<Scrape> {
    return this.gateway.scrape();
  }

  /** Ends it by force: what its log says is judged before. */
  async stop(): Promise<void> {
    this.innocent.stop();
    this.gateway.signal('SIGKILL');
    await this.gateway.ended;
    this.redis.disconnect();
    await this.redisServer.stop();
  }
}
