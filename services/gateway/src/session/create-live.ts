import { createAllowlist } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { durationsByChannel } from '../config/durations.js';
import type { Hub } from '../delivery/hub.js';
import type { ReportInternalError } from '../observability/errors.js';
import { invalidValue } from '../observability/invalid-value.js';
import type { RateLimitedLogger } from '../observability/logger.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { Source } from '../sources/source.js';
import type { HashReader } from '../state/hash-reader.js';
import { LiveChannels } from '../state/live/live-channels.js';
import type { LongWork } from '../state/long-work.js';

interface Services {
  readonly hub: Hub;
  readonly source: Source;
  readonly hashes: HashReader;
  readonly longWork: LongWork;
  readonly placeWork: LongWork;
  readonly metrics: GatewayMetrics;
  readonly rateLimited: RateLimitedLogger;
  readonly reportInternalError: ReportInternalError;
}

/** Creates the live channels from the settings; they hold the state of channels that clients watch live. */
export function createLive(config: Config, services: Services): LiveChannels {
  const { metrics, rateLimited, reportInternalError, ...shared } = services;
  return new LiveChannels({
    ...shared,
    metrics: metrics.live,
    idProperty: config.delivery.featureIdProperty,
    stateSuffix: config.streamStateSuffix,
    maxBytes: config.live.maxBytes,
    notifyMs: config.live.notifyMs,
    isNotified: createAllowlist(config.live.notify),
    expiryMs: durationsByChannel(config.live.expire),
    invalid: invalidValue(metrics, rateLimited),
    mixedIds: (channel, id, other) =>
      rateLimited.warn(
        { channel, id, other },
        'an id is a number in one place and text in another, so there are two features: write it the same way in the hash and in every message',
      ),
    failed: (channel, error, session) =>
      reportInternalError(error, { where: 'delivery', channel, ...session }),
    lost: (channel, error) =>
      rateLimited.warn({ channel, error: String(error) }, 'a live channel ended: its hash cannot be read'),
  });
}
