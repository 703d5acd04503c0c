import { createAllowlist } from '../../auth/allowlist.js';
import { list, setting, text, usable } from '../setting.js';
import { readWatched } from '../watched.js';

/** What clients can read and publish. */
export const CHANNEL_SETTINGS = {
  CHANNELS: setting(
    'channels',
    '',
    usable(list, createAllowlist),
    'Channels and keys that clients may read: names or globs (`*`, `?`, `[a-z]`), separated by commas. If empty, nothing is readable.',
  ),
  STREAMS: setting(
    'streams',
    '',
    usable(list, createAllowlist),
    'Channels that are Redis Streams, as names or globs. The gateway tails them, and clients can ask for the entries that they missed. They must be in `CHANNELS`, too.',
  ),
  STREAM_STATE_SUFFIX: setting(
    'streamStateSuffix',
    ':state',
    text(),
    "The hash with a stream's state has the stream's name and this suffix: `SUB ships snapshot=true` reads `ships:state`.",
  ),
  PUBLISH_CHANNELS: setting(
    'publishChannels',
    '',
    usable(list, createAllowlist),
    'Channels that clients may publish to with PUB: names or globs. If empty, nobody may publish. With tokens or API keys on, a client also needs the channel in its `publish` list.',
  ),
  WATCH_CHANNELS: setting(
    'watchChannels',
    '',
    usable(list, readWatched),
    'Channels whose messages are counted by name in metrics, with or without clients, and how long each may be silent before the alert `ViaductChannelSilent`: `trains=60s,buses=10m`. At most 100 names, no globs; clients can read them only if `CHANNELS` has them, too.',
  ),
  ANONYMOUS_CHANNELS: setting(
    'anonymousChannels',
    '',
    usable(list, createAllowlist),
    'With tokens or API keys on: the part of `CHANNELS` that clients without credentials may read. If empty, they may read nothing.',
  ),
} as const;
