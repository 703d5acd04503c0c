import { sleep } from '@viaduct/testkit/wait';
import type { World } from '../world.js';

/** How long Redis does not answer, in ms. */
const PAUSE_MS = 1_000;

/** A fault that is over when the promise resolves. */
export interface Fault {
  name: string;
  /** Whether messages of the calm channel may be lost. */
  loses: boolean;
  run(world: World): Promise<void>;
}

/** Faults of a gateway's Redis in production. */
export const FAULTS: readonly Fault[] = [
  { name: 'nothing', loses: false, run: async () => undefined },
  {
    name: 'Redis cuts the subscriptions',
    loses: true,
    run: async ({ redis }) => void (await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')),
  },
  {
    name: 'Redis cuts all other connections',
    loses: false,
    run: async ({ redis }) => void (await redis.call('CLIENT', 'KILL', 'TYPE', 'normal')),
  },
  {
    name: 'Redis hangs for a second',
    loses: false,
    run: async ({ redis }) => void (await redis.call('CLIENT', 'PAUSE', PAUSE_MS, 'ALL')),
  },
  {
    name: 'Redis is restarted',
    loses: true,
    async run({ redisServer }) {
      await redisServer.kill();
      await sleep(PAUSE_MS / 2);
      await redisServer.start();
    },
  },
];
