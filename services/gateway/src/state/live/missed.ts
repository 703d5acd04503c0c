import type { FeatureId } from '@viaduct/geo-worker';
import type { UnrecoveredReason } from '@viaduct/protocol';
import type { StreamReader } from '../../sources/streams.js';
import type { LongWork } from '../long-work.js';
import type { Reader } from '../read-reservation.js';
import type { RecoveryReader } from '../recoveries.js';
import type { LiveChannel } from './live-channel.js';
import type { LiveFeature } from './live-feature.js';
import { keyOf } from './live-index.js';
import type { Viewer } from './live-view.js';
import type { Remainder } from './live-walk.js';

/** What a recovery needs of the gateway. */
interface Services {
  readonly source: { readonly streams: Pick<StreamReader, 'has'> };
  readonly recoveries: RecoveryReader;
  readonly longWork: LongWork;
}

/**
 * What a client lacks if it held its live view up to an entry of the stream: the features of later entries. Changes from now
 * on must already reach the client as messages.
 *
 * @param since id of that entry
 * @returns a reason if this is unknown
 */
export async function missedSince(
  since: string,
  { name, index, position }: LiveChannel,
  { source, recoveries, longWork }: Services,
  viewer: Viewer & Reader,
): Promise<Remainder | UnrecoveredReason> {
  if (!source.streams.has(name)) return 'not_a_stream';
  if (position === null || viewer.view.area !== null) return 'untraced';
  const recovery = await recoveries.read(name, since, performance.now(), viewer);
  if (!recovery.recovered) return recovery.reason;
  const { entries, first } = recovery;
  try {
    // Another token may have brought an area meanwhile.
    if (viewer.view.area !== null) return 'untraced';
    const unsent = new Set<LiveFeature>();
    const left = new Map<string, FeatureId>();
    const { value } = entries;
    let until = await longWork.turn(viewer);
    for (let i = first; i < value.values.length; i++) {
      if (performance.now() > until) until = await longWork.turn(viewer);
      for (const feature of value.content(i)?.features() ?? []) {
        const id = index.idOf(feature);
        if (id === null) continue;
        const present = index.get(keyOf(id));
        if (present !== undefined) unsent.add(present);
        left.set(keyOf(id), id);
      }
    }
    return { unsent, left };
  } finally {
    entries.release();
  }
}
