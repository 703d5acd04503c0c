import {
  type Envelope,
  type ErrorStatus,
  type GapStatus,
  type NoticeStatus,
  type RecoveryStatus,
  type SnapshotBeginStatus,
  type SnapshotEndStatus,
  STATUS_SOURCE,
} from '@viaduct/protocol';

/** What the gateway says of one channel. */
export type ChannelStatus = SnapshotBeginStatus | SnapshotEndStatus | RecoveryStatus;

/** What the gateway says of itself in envelopes. */
export type GatewayStatus = ChannelStatus | GapStatus | NoticeStatus | ErrorStatus;

/** What an envelope says where it comes from the gateway itself; null where it is data or nothing that is known here. */
export function statusOf({ source, content }: Envelope): GatewayStatus | null {
  if (source !== STATUS_SOURCE || typeof content !== 'object' || content === null) return null;
  return KNOWN.has((content as { status?: unknown }).status) ? (content as GatewayStatus) : null;
}

const KNOWN: ReadonlySet<unknown> = new Set<GatewayStatus['status']>([
  'snapshot_begin',
  'snapshot_end',
  'recovery',
  'gap',
  'notice',
  'error',
]);
