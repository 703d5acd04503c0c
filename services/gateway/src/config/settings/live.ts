import { createAllowlist } from '../../auth/allowlist.js';
import { durationsByChannel } from '../durations.js';
import { bytes, integer, list, setting, usable } from '../setting.js';

const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** How the state of channels is held for live views. */
export const LIVE_SETTINGS = {
  MAX_LIVE_BYTES: setting(
    'live.maxBytes',
    '256 MiB',
    bytes(MIB, 65536 * MIB),
    'Memory for the features of all channels that clients watch with `live=true`, and for their text while it is read. A channel that does not fit is refused with `live_too_big`; if channels outgrow it, the one that takes the most for each of its clients continues as with `snapshot=true`.',
  ),
  EXPIRE: setting(
    'live.expire',
    '',
    usable(list, durationsByChannel),
    'A feature that nothing has updated for this time leaves all live views, by channel name or glob: `planes=60s,trains_*=5m`. The first match applies. If empty, features stay until they are removed.',
  ),
  NOTIFY: setting(
    'live.notify',
    '',
    usable(list, createAllowlist),
    "Channels whose hash is also changed without a message (HSET, HDEL, expiry), as names or globs. While a client has a live view of one, the gateway follows Redis' keyspace notifications for its hash and reads it again after a change. Redis needs `notify-keyspace-events Khgx`. Not for a Redis Cluster.",
  ),
  NOTIFY_MS: setting(
    'live.notifyMs',
    '1000',
    integer(50, 60 * MINUTE),
    'Minimum time between two such reads of one hash.',
  ),
} as const;
