import { type Envelope, STATUS_SOURCE } from './envelope.js';
import type { Status } from './status.js';

/** The time of the examples, in ms since the epoch. */
const NOON = 1_753_100_000_000;

/** Further members of an envelope in an example. */
interface Extra {
  /** Milliseconds after {@link NOON}. */
  after?: number;
  reference?: string;
  id?: string;
}

/** An envelope as examples show it. */
export function envelope(
  source: string,
  content: unknown,
  { after = 0, reference, id }: Extra = {},
): Envelope {
  return {
    source,
    content,
    timestamp: NOON + after,
    client_reference: reference ?? null,
    ...(id !== undefined && { id }),
  };
}

/** An envelope with a status of the gateway. */
export function status(content: Status, extra?: Extra): Envelope {
  return envelope(STATUS_SOURCE, content, extra);
}

/** A train as a feature. */
export function train(id: number, lon: number, lat: number): object {
  return { type: 'Feature', id, properties: {}, geometry: { type: 'Point', coordinates: [lon, lat] } };
}
