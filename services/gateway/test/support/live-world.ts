import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { startWorld } from '@viaduct/testkit/world';
import { LiveClient } from './live-client.js';

/** A gateway that serves every channel of a Redis of its own, and a function that opens live views over raw WebSockets. */
export async function liveWorld(env: Record<string, string> = {}) {
  const { redis, server } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', ...env });
  const open = async (channel = 'trains', ...before: string[]): Promise<LiveClient> =>
    LiveClient.open(await RawClient.connect(gateway.url), channel, ...before);
  return { redis, gateway, open };
}
