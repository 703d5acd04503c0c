/** The URL that stands for an empty source in the gateway's process instead of a Redis. */
export const MEMORY_URL = 'memory:';
