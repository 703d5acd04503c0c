import { CLOSE_NUMBERS } from './close-numbers.js';

/**
 * Every error code of commands, and its meaning. An error never closes the connection; see {@link CLOSE_CODES} for
 * what does.
 */
export const ERROR_CODES = {
  empty_command: 'The frame holds no command.',
  unknown_command: 'No command of that name exists on this gateway.',
  missing_argument: 'The command needs an argument that was not given.',
  too_many_arguments: 'The command takes fewer arguments than were given.',
  unknown_argument: 'The command has no argument of that name.',
  invalid_argument: 'An argument has a value that the command does not accept.',
  binary_not_supported: 'Commands are text; the frame was binary.',
  not_allowed: 'The session may not use this channel or key.',
  account_full:
    'The API key, or the subject of the token, has reached its limit of connections; nothing changed.',
  invalid_token: 'The token cannot be read, has no valid signature, or is not valid at this time.',
  publish_disabled: 'This gateway does not let clients publish.',
  invalid_json: 'The message is not JSON.',
  message_too_big: 'The message is longer than this gateway allows.',
  unknown_crs: 'No coordinate reference system has that name.',
  unsupported_crs: 'The coordinate reference system exists, but cannot be served correctly.',
  wrong_type: 'The key is not a hash.',
  too_many_subscriptions:
    'The session has as many subscriptions as the gateway allows, or all sessions of its API key or token together have reached their limit.',
  too_many_channels:
    'The clients of this gateway are subscribed to as many channels as it allows; try again later.',
  too_many_views:
    'The channel is already sent in as many projections and precisions as the gateway allows; choose a common one.',
  too_many_commands: 'Too many commands of this session are queued; this one was dropped.',
  rate_limited: 'The session sends or publishes faster than the gateway allows; this command was dropped.',
  snapshot_too_big: 'The hash or field is larger than the gateway reads at once; ask for single fields.',
  live_too_big:
    'The features of the channel need more memory than the gateway may use for live views; subscribe with snapshot=true.',
  overloaded: 'More is requested at once than the gateway can do; try again in a few seconds.',
  source_unavailable: 'The gateway cannot reach its data source; try again later.',
  internal: 'The gateway failed; its log says why.',
} as const;

/** Name of one error, stable across versions. */
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * A command is refused. Everything that goes wrong because of a client is one of these; anything else is a defect and
 * is reported as `internal`.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  /**
   * @param code one of {@link ERROR_CODES}
   * @param message what is wrong and what is valid, for people
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Why the gateway closes a connection. Codes below 4000 are those of RFC 6455 section 7.4.1 and the IANA registry;
 * codes from 4000 are Viaduct's. On socket.io the same code is in the `closing` event.
 */
export const CLOSE_CODES = {
  normal: {
    code: CLOSE_NUMBERS.normal,
    reason: 'closed',
    meaning: 'Either side ended the session on purpose.',
  },
  invalid_frame: {
    code: CLOSE_NUMBERS.invalid_frame,
    reason: 'protocol error',
    meaning: 'The frame breaks RFC 6455.',
  },
  invalid_utf8: {
    code: CLOSE_NUMBERS.invalid_utf8,
    reason: 'invalid UTF-8',
    meaning: 'A text frame was not valid UTF-8.',
  },
  unfinished_message: {
    code: CLOSE_NUMBERS.unfinished_message,
    reason: 'message in too many parts, or not finished',
    meaning:
      'A message arrived in more than 64 fragments or in very small pieces, or its end did not arrive in time.',
  },
  too_big: {
    code: CLOSE_NUMBERS.too_big,
    reason: 'frame too big',
    meaning: 'A frame was longer than MAX_FRAME_BYTES.',
  },
  going_away: {
    code: CLOSE_NUMBERS.going_away,
    reason: 'gateway restarts, connect again',
    meaning: 'The gateway shuts down; connect again, and another gateway serves the session.',
  },
  slow_consumer: {
    code: CLOSE_NUMBERS.slow_consumer,
    reason: 'slow consumer',
    meaning:
      'The client read so slowly that its queue, or those of all slow clients together, exceeded the limit.',
  },
  heartbeat_timeout: {
    code: CLOSE_NUMBERS.heartbeat_timeout,
    reason: 'no heartbeat',
    meaning: 'The client did not answer a heartbeat; the connection is cut without a close frame.',
  },
  disconnected_by_operator: {
    code: CLOSE_NUMBERS.disconnected_by_operator,
    reason: 'disconnected by the operator',
    meaning: 'An operator ended this session.',
  },
  token_expired: {
    code: CLOSE_NUMBERS.token_expired,
    reason: 'token expired',
    meaning: 'The token of the session has expired, and no TOKEN has renewed it.',
  },
  invalid_token: {
    code: CLOSE_NUMBERS.invalid_token,
    reason: 'invalid token or key',
    meaning: 'The token or API key is not valid on this gateway.',
  },
  rate_limited: {
    code: CLOSE_NUMBERS.rate_limited,
    reason: 'too many commands',
    meaning:
      'The client kept sending commands although they were refused as `rate_limited`, or sent too many other frames, such as pings.',
  },
  idle_timeout: {
    code: CLOSE_NUMBERS.idle_timeout,
    reason: 'idle',
    meaning: 'The session had no subscription and sent no command for too long.',
  },
  account_full: {
    code: CLOSE_NUMBERS.account_full,
    reason: 'too many connections of this key or token',
    meaning: 'The API key, or the subject of the token, has reached its limit of connections.',
  },
} as const;

/** Name of one reason to close. */
export type CloseReason = keyof typeof CLOSE_CODES;
