/** Longest argument, in characters (UTF-16 code units), unless its specification says otherwise. */
export const MAX_ARGUMENT_LENGTH = 1024;

/** Longest token of `TOKEN`, in characters: it also fits into the header of a handshake. */
export const MAX_TOKEN_LENGTH = 8192;

/** Maximum number of words of a command, its name included; JSON counts as one. */
export const MAX_WORDS = 256;

/** Maximum values of `BUFFER`, so that one client cannot make the gateway store too many messages. */
export const BUFFER_LIMITS = { size: 10_000, ms: 60_000 } as const;

/** Maximum number of hints, words and named ones together, of one `BBOX`. */
export const MAX_HINTS = 32;

/** Most channels that one `GapStatus` names. A client with more subscriptions treats all of them as affected. */
export const MAX_GAP_CHANNELS = 100;
