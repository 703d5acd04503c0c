import { type Envelope, STATUS_SOURCE, type Status } from '@viaduct/protocol';

/** Statuses that the client acts upon; acknowledgements have the others. */
const KNOWN = [
  'snapshot_begin',
  'snapshot_end',
  'recovery',
  'gap',
  'notice',
  'error',
] as const satisfies readonly Status['status'][];

/** What the gateway says itself. */
export type GatewayStatus = Extract<Status, { status: (typeof KNOWN)[number] }>;

/** What the gateway says of one channel. */
export type ChannelStatus = Extract<GatewayStatus, { channel: string }>;

const NAMES: ReadonlySet<unknown> = new Set(KNOWN);

/** What the gateway itself says in an envelope; null if it is data or nothing that is known here. */
export function statusOf({ source, content }: Envelope): GatewayStatus | null {
  if (source !== STATUS_SOURCE || typeof content !== 'object' || content === null) return null;
  return NAMES.has((content as { status?: unknown }).status) ? (content as GatewayStatus) : null;
}
