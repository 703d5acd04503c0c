/** A hash with a feature. */
export const HASH = 'hash';

/** A Redis Stream. */
export const STREAM = 'stream';

/** The channel that the fuzzer may publish to. */
export const WRITABLE = 'fuzz';
