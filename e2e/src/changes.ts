import { isDeepStrictEqual } from 'node:util';
import type { Fault } from './faults.js';
import type { CommandFailed } from './shell.js';

const ALL_READY = 'sum(viaduct_source_ready) == 3';

/** Changes of settings, in the right way and in wrong ways. */
export const CHANGES: readonly Fault[] = [
  {
    title: 'deploy/roll.sh with an invalid setting, twice',
    act: async (stack) => {
      const before = await stack.gateways();
      for (let i = 0; i < 2; i++) {
        const said = await stack.script('deploy/roll.sh', { HEARTBEAT_MS: 'never' }).then(
          () => 'succeeded',
          (error: CommandFailed) => error.message,
        );
        // The log of the gateway that does not start names the setting.
        if (!said.includes('HEARTBEAT_MS must be')) throw new Error(`the roll ${said}`);
        const after = await stack.gateways();
        if (!isDeepStrictEqual(after, before)) throw new Error(`${after.length} gateways remain`);
      }
    },
    promise: { secondsWithoutData: 3, losesNothing: true },
    operator: {
      sees: 'the log of the new gateway, which names the setting; 3 gateways ready',
      query: ALL_READY,
    },
  },
  {
    title: 'a setting changed with `docker compose up -d`, which replaces all gateways at once',
    act: async (stack) => {
      const options = ['--detach', '--no-deps', '--wait', '--wait-timeout', '120'];
      await stack.compose(['up', ...options, 'gateway'], { MAX_SUBSCRIPTIONS: '999' });
    },
    promise: { secondsWithoutData: 15, losesNothing: false, failedSessions: 300 },
    operator: {
      sees: '"no other gateway is ready" in the logs; all gateways new',
      query: ALL_READY,
    },
  },
];
