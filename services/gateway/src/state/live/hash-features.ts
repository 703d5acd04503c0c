import type { GeoMessage } from '@viaduct/geo-worker';
import { parseMessage } from '../snapshots.js';
import type { LiveFeature } from './live-feature.js';
import { anonymousKey, keyOf } from './live-index.js';
import type { LiveServices } from './live-services.js';
import type { SyncedChannel } from './synced-channel.js';

/** A feature of a hash. */
export interface Found {
  readonly key: string;
  readonly field: string;
  readonly content: GeoMessage;
}

/** The features in the value of a field; none if it is not JSON, which is reported. */
export function featuresOf(
  { name, index }: Pick<SyncedChannel, 'name' | 'index'>,
  services: Pick<LiveServices, 'invalid'>,
  field: string,
  value: string,
): Found[] {
  const content = parseMessage(value, (error) => services.invalid(name, error));
  if (content === null) return [];
  const found: Found[] = [];
  for (const [i, feature] of (content.features() ?? [content]).entries()) {
    const id = index.idOf(feature);
    const isAnonymous = id === null;
    if (!isAnonymous && feature.isRemoval) continue;
    found.push({ key: isAnonymous ? anonymousKey(field, i) : keyOf(id), field, content: feature });
  }
  return found;
}

/** The field that holds a feature; for one that only came as a message, the field of its id, which is most likely. */
export function fieldOf({ field, id }: LiveFeature): string {
  return field ?? String(id);
}
