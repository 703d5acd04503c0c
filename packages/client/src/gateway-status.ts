import { type ErrorStatus, STATUS_SOURCE } from '@viaduct/protocol';

/** An envelope as it arrives; `id` is that of a stream's entry. */
export interface Incoming {
  source: string;
  content: unknown;
  timestamp: number;
  client_reference: string | null;
  id?: string;
}

/** What the gateway says of one channel. */
export type ChannelStatus =
  | { status: 'snapshot_begin'; channel: string; reason: 'subscribed' | 'gap' }
  | { status: 'snapshot_end'; channel: string; count: number; id?: string }
  | { status: 'recovery'; channel: string; recovered: boolean; id?: string };

/** Names in a `gap`; where there are so many, more channels may be concerned. */
export const MAX_GAP_NAMES = 100;

/** What the gateway says of itself in envelopes. */
export type GatewayStatus =
  | ChannelStatus
  | { status: 'gap'; channels: readonly string[] }
  | { status: 'notice'; message: string }
  | ErrorStatus;

/** What an envelope says where it comes from the gateway itself; null where it is data or nothing that is known here. */
export function statusOf({ source, content }: Incoming): GatewayStatus | null {
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
