import { CommandError } from '@viaduct/protocol';
import type { Hub } from '../delivery/hub.js';
import type { Source } from '../sources/source.js';

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

/**
 * Checks that a channel has data. The gateway subscribes to the other ones, and unsubscribes, by itself.
 *
 * @throws CommandError `not_allowed`
 */
export function checkHasData(channel: string, source: Pick<Source, 'isChanges'>): void {
  if (source.isChanges?.(channel) !== true) return;
  throw new CommandError(
    'not_allowed',
    `${channel} only reports changes to the gateway; use the channel with the data`,
  );
}
