import { CommandError } from '@viaduct/protocol';
import type { Hub } from '../delivery/hub.js';

/**
 * Checks that the gateway may be subscribed to a channel.
 *
 * @param max the most channels of the gateway
 * @throws CommandError `too_many_channels`
 */
export function checkRoomFor(channel: string, hub: Pick<Hub, 'channelCount' | 'has'>, max: number): void {
  if (hub.channelCount < max || hub.has(channel)) return;
  throw new CommandError(
    'too_many_channels',
    `this gateway may be subscribed to ${max} channels (MAX_CHANNELS); try again later`,
  );
}
