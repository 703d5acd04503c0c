import { bytes, decimal, integer, onOff, setting, text } from '../setting.js';

const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** In which form, and when, clients receive features. */
export const DELIVERY_SETTINGS = {
  DEFAULT_PROJECTION: setting(
    'delivery.defaultProjection',
    'epsg:4326',
    text(),
    'CRS in which a new session receives features until it sends PROJECTION. geOps clients expect `epsg:3857`.',
  ),
  PRECISION_METRES: setting(
    'delivery.precisionMetres',
    '0.001',
    decimal(1e-6, 1000),
    'Reprojected coordinates are rounded to this step, in metres. A client may ask for a coarser one.',
  ),
  PRECISION_DEGREES: setting(
    'delivery.precisionDegrees',
    '0.00000001',
    decimal(1e-12, 1),
    'The same step for geographic CRSs, in degrees.',
  ),
  FLUSH_MS: setting(
    'delivery.flushMs',
    '20',
    integer(0, 1000),
    'In a steady stream, the messages of one client are collected for at most this time and sent in one write. A single message is sent at once.',
  ),
  HEARTBEAT_MS: setting(
    'delivery.heartbeatMs',
    '25000',
    integer(100, 10 * MINUTE),
    'Time between two heartbeats. A client that does not answer one before the next is disconnected.',
  ),
  UNSUBSCRIBE_DELAY_MS: setting(
    'delivery.unsubscribeDelayMs',
    '500',
    integer(0, MINUTE),
    'The gateway stays subscribed in Redis for this time after the last client has left a channel.',
  ),
  SNAPSHOT_SHARE_MS: setting(
    'delivery.snapshotShareMs',
    '0',
    integer(0, MINUTE),
    'A GET may be answered from a hash that was read for another GET up to this long ago. 0: only GETs that arrive during a read share it.',
  ),
  CONFLATE_BYTES: setting(
    'delivery.conflateBytes',
    '1 MiB',
    bytes(0, 1024 * MIB),
    'When more than this is queued for a slow client, only the newest message of each feature is kept. 0: no limit in bytes. At most `MAX_QUEUE_BYTES` applies.',
  ),
  CONFLATE_MESSAGES: setting(
    'delivery.conflateMessages',
    '1000',
    integer(0, 10_000_000),
    'The same limit, in messages. If both are 0, every message is kept.',
  ),
  FEATURE_ID_PROPERTY: setting(
    'delivery.featureIdProperty',
    '',
    text(),
    'The member of `properties` that identifies a Feature without an `id`, for slow clients and live views. Empty for none.',
    'CONFLATE_PROPERTY',
  ),
  DEFLATE: setting(
    'delivery.deflate',
    'off',
    onOff,
    'Compression (permessage-deflate) for raw clients that offer it: `on` or `off`.',
  ),
  DEFLATE_MIN_BYTES: setting(
    'delivery.deflateMinBytes',
    '1 KiB',
    bytes(0, MIB),
    'Messages shorter than this are not compressed.',
  ),
  DEFLATE_LEVEL: setting('delivery.deflateLevel', '1', integer(1, 9), 'From 1 (fast) to 9 (small).'),
} as const;
