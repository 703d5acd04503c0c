/** Why a snapshot is sent: the client asked for it, or messages may have been missed. */
export type SnapshotReason = 'subscribed' | 'gap';

/**
 * Content of the envelope before the first value of a snapshot. What the client holds of the channel and does not find
 * between this and the {@link SnapshotEndStatus} is gone, as far as it is in the client's box.
 */
export interface SnapshotBeginStatus {
  status: 'snapshot_begin';
  channel: string;
  reason: SnapshotReason;
}

/** Content of the envelope after the last value of a snapshot; what was published meanwhile follows. */
export interface SnapshotEndStatus {
  status: 'snapshot_end';
  channel: string;
  /** Values sent: those that passed the client's box and filters. */
  count: number;
  /** Where the channel is a Redis Stream: the id after which entries follow. */
  id?: string;
}

/** Why entries of a Redis Stream could not be recovered, and what that means. */
export const UNRECOVERED = {
  trimmed: 'The stream does not hold all entries after the id any more.',
  unknown_id: 'The stream has never had that id: it is another stream, was made anew, or does not exist.',
  not_a_stream: 'The channel is no Redis Stream on this gateway.',
  too_many: 'More entries follow the id than the gateway sends at once (`MAX_RECOVERY`).',
  unavailable: 'The gateway could not read the stream at the moment.',
} as const;

export type UnrecoveredReason = keyof typeof UNRECOVERED;

/** Content of the envelope that tells how a recovery went; after it the subscription is live in any case. */
export type RecoveryStatus =
  | {
      status: 'recovery';
      channel: string;
      recovered: true;
      /** Entries sent: those that passed the client's box and filters. */
      count: number;
      /** Id of the latest entry that was recovered, sent or filtered; the one asked for where there was none. */
      id: string;
    }
  | { status: 'recovery'; channel: string; recovered: false; reason: UnrecoveredReason };

/** Content of the envelope that names channels of which messages may have been missed. */
export interface GapStatus {
  status: 'gap';
  /** At most {@link MAX_GAP_CHANNELS} names. */
  channels: string[];
}

/** Most channels that one {@link GapStatus} names. A client with more subscriptions takes all of them for concerned. */
export const MAX_GAP_CHANNELS = 100;
