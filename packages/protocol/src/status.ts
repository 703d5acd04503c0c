import type { ErrorCode } from './errors.js';
import { MAX_GAP_CHANNELS } from './limits.js';
import { shorten } from './text.js';
import { PROTOCOL_VERSION } from './version.js';

/** Content of the first envelope on a raw connection. */
export interface OpenStatus {
  status: 'open';
  /** Version of the protocol, `PROTOCOL_VERSION` of the gateway. */
  protocol: number;
  /** Version of the gateway, for people and logs. */
  version: string;
}

/** Content of the acknowledgement of a command that succeeded. */
export interface OkStatus {
  status: 'ok';
  /** The command's name in upper case. */
  command: string;
  /** Something that the client should know although the command succeeded, such as the accuracy of a CRS. */
  warning?: string;
}

/** Content of an envelope with a warning about a command that succeeded. */
export interface WarningStatus {
  status: 'warning';
  message: string;
  command: string;
}

/** Content of the envelope (and the acknowledgement on socket.io) that refuses a command. */
export interface ErrorStatus {
  status: 'error';
  code: ErrorCode;
  /** What is wrong and what is valid, for a person to read; its wording may change. */
  message: string;
  /** The command as received, shortened to {@link MAX_ECHO} characters. */
  command: string;
  /** The channel whose subscription has ended; absent if the error only refuses a command. */
  channel?: string;
}

/**
 * Why a snapshot is sent: the client asked for it, messages may have been missed, a live view has other coordinates, or
 * its area changed, or a RESET began or ended, while the gateway was still comparing earlier views.
 */
export type SnapshotReason = 'subscribed' | 'gap' | 'projection' | 'view';

/**
 * Content of the envelope before the first value of a snapshot. What the client holds of the channel and does not find
 * between this and the {@link SnapshotEndStatus} is gone, or outside of the client's box.
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
  /**
   * In a live view: features of the channel that are outside the view, or do not pass a filter. Absent after RESET, and if
   * the session has an area, beyond which it learns nothing.
   */
  outside?: number;
  /** If the channel is a Redis Stream: the id after which entries follow. */
  id?: string;
}

/**
 * Content of the envelope after which the client holds exactly the features in its view, if the subscription is live:
 * what has entered the view was sent before.
 */
export interface ViewStatus {
  status: 'view';
  channel: string;
  /**
   * `gap`: messages may have been missed, and what differs was sent; `recovered`: what had changed since an id was sent;
   * absent if the view has changed.
   */
  reason?: 'gap' | 'recovered';
  /** Features that were sent for it. */
  entered: number;
  /** Ids of features that the client must drop. */
  left: (string | number)[];
  /** The id from which a later SUB can recover; absent if it cannot. */
  id?: string;
}

/** Why a subscription is no longer live. */
export const LIVE_ENDS = {
  too_big: 'The features of the channel need more memory than the gateway has left for live views.',
  unavailable: 'The state of the channel can no longer be read.',
} as const;

export type LiveEndReason = keyof typeof LIVE_ENDS;

/** Content of the envelope after which a live subscription continues as one with `snapshot=true`. */
export interface LiveEndedStatus {
  status: 'live_ended';
  channel: string;
  reason: LiveEndReason;
}

/** Why entries of a Redis Stream could not be recovered, and what that means. */
export const UNRECOVERED = {
  trimmed: 'The stream no longer holds all entries after the id.',
  unknown_id: 'The stream never had that id: it is another stream, was recreated, or does not exist.',
  not_a_stream: 'The channel is not a Redis Stream on this gateway.',
  too_many: 'More entries follow the id than the gateway sends at once.',
  unavailable: 'The gateway could not read the stream at the moment.',
  untraced:
    'Only for live views: features may also change or leave without an entry, because of EXPIRE, NOTIFY or an area.',
} as const;

export type UnrecoveredReason = keyof typeof UNRECOVERED;

/** Content of the envelope with the outcome of a recovery; after it, the subscription is live in any case. */
export type RecoveryStatus =
  | {
      status: 'recovery';
      channel: string;
      recovered: true;
      /** Entries sent: those that passed the client's box and filters. */
      count: number;
      /** Id of the latest entry that was recovered, sent or filtered; the one asked for if there was none. */
      id: string;
    }
  | { status: 'recovery'; channel: string; recovered: false; reason: UnrecoveredReason };

/** Content of the envelope that names channels whose messages may have been missed. */
export interface GapStatus {
  status: 'gap';
  /** At most {@link MAX_GAP_CHANNELS} names. */
  channels: string[];
}

/** Content of a notice of the gateway's operators to all sessions. */
export interface NoticeStatus {
  status: 'notice';
  /** For a person to read. */
  message: string;
}

/** Everything that a gateway itself says, distinguished by `status`; `"PONG"` is the only other content. */
export type Status =
  | OpenStatus
  | OkStatus
  | WarningStatus
  | ErrorStatus
  | SnapshotBeginStatus
  | SnapshotEndStatus
  | RecoveryStatus
  | GapStatus
  | ViewStatus
  | LiveEndedStatus
  | NoticeStatus;

/** A member of a status for the reference. */
interface MemberSpec {
  /** Its JSON Schema (draft 7). */
  schema: object;
  doc?: string;
  /** True if it is not always there. */
  optional?: boolean;
}

type KeysOf<Union> = Union extends unknown ? keyof Union : never;

type MembersOf<Name> = Exclude<KeysOf<Extract<Status, { status: Name }>>, 'status'>;

/** Every status with its members, for the reference. */
type StatusSpecs = {
  [Name in Status['status']]: { when: string; members: Record<MembersOf<Name>, MemberSpec> };
};

/** Longest part of a refused command that an error repeats, in characters. */
export const MAX_ECHO = 200;

const TEXT = { type: 'string' } as const;
const CHANNEL: MemberSpec = { schema: TEXT, doc: 'name of the channel' };
const STREAM_ID: MemberSpec = {
  schema: { ...TEXT, pattern: '^\\d+-\\d+$' },
  doc: 'id of an entry of a Redis Stream',
  optional: true,
};
const COUNT: MemberSpec = {
  schema: { type: 'integer', minimum: 0 },
  doc: 'number of values or entries that were sent',
};
const COMMAND: MemberSpec = { schema: TEXT, doc: 'name of the command, in upper case' };
const ECHO: MemberSpec = {
  schema: { ...TEXT, maxLength: MAX_ECHO + 1 },
  doc: `what was sent, or its first ${MAX_ECHO} characters`,
};
const MESSAGE: MemberSpec = { schema: TEXT, doc: 'for a person to read; the wording may change' };

/** What a gateway says itself, for the reference. */
export const STATUSES: StatusSpecs = {
  open: {
    when: 'The session is open: the first envelope of a raw connection.',
    members: {
      protocol: { schema: { const: PROTOCOL_VERSION }, doc: 'version of the protocol' },
      version: { schema: TEXT, doc: 'version of the gateway' },
    },
  },
  ok: {
    when: 'A command succeeded.',
    members: { command: COMMAND, warning: { ...MESSAGE, optional: true } },
  },
  warning: {
    when: 'A command succeeded, with a warning.',
    members: { message: MESSAGE, command: ECHO },
  },
  error: {
    when: 'A command was refused, or a subscription has ended.',
    members: {
      code: { schema: { $ref: '#/components/schemas/errorCode' }, doc: 'one of the error codes' },
      message: MESSAGE,
      command: ECHO,
      channel: { schema: TEXT, doc: 'the channel whose subscription has ended', optional: true },
    },
  },
  snapshot_begin: {
    when: 'A snapshot begins.',
    members: {
      channel: CHANNEL,
      reason: {
        schema: { enum: ['subscribed', 'gap', 'projection', 'view'] },
        doc: '`subscribed`: a SUB asked for it; `gap`: messages may have been missed; `projection`: a live view has other coordinates; `view`: its area or a hold changed while earlier views were compared',
      },
    },
  },
  snapshot_end: {
    when: 'The snapshot is complete: `count` values were sent; `outside` features exist but are not in the live view.',
    members: {
      channel: CHANNEL,
      count: COUNT,
      outside: {
        schema: { type: 'integer', minimum: 0 },
        doc: 'number of features that exist but are not in the live view; absent without one, after RESET, and for a session with an area',
        optional: true,
      },
      id: STREAM_ID,
    },
  },
  recovery: {
    when: 'The result of a recovery.',
    members: {
      channel: CHANNEL,
      recovered: { schema: { type: 'boolean' }, doc: 'whether every entry after the id was sent' },
      count: { ...COUNT, optional: true },
      id: STREAM_ID,
      reason: { schema: { enum: Object.keys(UNRECOVERED) }, doc: 'why not', optional: true },
    },
  },
  gap: {
    when: 'Messages of these channels may have been missed.',
    members: {
      channels: {
        schema: { type: 'array', items: TEXT, maxItems: MAX_GAP_CHANNELS },
        doc: `at most ${MAX_GAP_CHANNELS} names`,
      },
    },
  },
  view: {
    when: 'The client holds exactly the features in its live view, once it has dropped those in `left`.',
    members: {
      channel: CHANNEL,
      reason: {
        schema: { enum: ['gap', 'recovered'] },
        doc: '`gap`: messages may have been missed; `recovered`: a SUB asked for what had changed since an id',
        optional: true,
      },
      entered: { schema: { type: 'integer', minimum: 0 }, doc: 'number of features sent for it' },
      left: {
        schema: { type: 'array', items: { type: ['string', 'number'] } },
        doc: 'ids of features that are no longer in the view',
      },
      id: STREAM_ID,
    },
  },
  live_ended: {
    when: 'A live subscription continues as one with `snapshot=true`: there are no more reports of features that leave.',
    members: { channel: CHANNEL, reason: { schema: { enum: Object.keys(LIVE_ENDS) }, doc: 'why' } },
  },
  notice: { when: 'A notice of the operators to all sessions.', members: { message: MESSAGE } },
};

/** A `TOKEN` command, as a line, as an event, or as a line in an event; white space may be written as JSON has it. */
const TOKEN_COMMAND = /^\s*(?:command \["(?:\s|\\[tnrfv]|\\u[\da-f]{4})*)?token(?![\w-])/iu;

/**
 * A command as an error or warning repeats it: whole, or its first {@link MAX_ECHO} characters and an ellipsis. For
 * `TOKEN`, only the name: what is repeated ends up in logs.
 */
export function echo(command: string): string {
  return TOKEN_COMMAND.test(command) ? 'TOKEN' : shorten(command, MAX_ECHO);
}
