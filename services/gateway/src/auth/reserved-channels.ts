/** Prefix of the channels through which replicas talk. No client may read them, whatever else is allowed. */
export const REPLICA_CHANNELS = 'viaduct:replicas:';
