import { type Envelope, STATUS_SOURCE, type Status } from '@viaduct/protocol';

/** Statuses that the client handles; acknowledgements have the others. */
const KNOWN = [
  'snapshot_begin',
  'snapshot_end',
  'recovery',
  'view',
  'live_ended',
  'gap',
  'notice',
  'error',
] as const satisfies readonly Status['status'][];

/** A status of the gateway. */
export type GatewayStatus = Extract<Status, { status: (typeof KNOWN)[number] }>;

/** A status about one channel. */
export type ChannelStatus = Extract<GatewayStatus, { channel: string }>;

const NAMES: ReadonlySet<unknown> = new Set(KNOWN);

/** The status in an envelope; null if the envelope contains data or an unknown status. */
export function statusOf({ source, content }: Envelope): GatewayStatus | null {
  if (source !== STATUS_SOURCE || typeof content !== 'object' || content === null) return null;
  return NAMES.has((content as { status?: unknown }).status) ? (content as GatewayStatus) : null;
}
