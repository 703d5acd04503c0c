import { BUFFER_SOURCE, STATUS_SOURCE } from '@viaduct/protocol';

/** Prefix of the channels through which replicas talk. */
export const REPLICA_CHANNELS = 'viaduct:replicas:';

/** Sources of the gateway's own envelopes: clients would mistake messages of such a channel for these envelopes. */
const OWN_SOURCES: readonly string[] = [STATUS_SOURCE, BUFFER_SOURCE];

/** Whether no client may read or publish to a channel, whatever else is allowed. */
export function isReserved(name: string): boolean {
  return name.startsWith(REPLICA_CHANNELS) || OWN_SOURCES.includes(name);
}
