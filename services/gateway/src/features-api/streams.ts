import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { CommandError, parseStreamId } from '@viaduct/protocol';
import { EventFraming } from '../transports/sse/events.js';
import { SequenceFraming } from '../transports/sse/sequence.js';
import { type SseTransport, type Watch, WatchRefusal } from '../transports/sse/transport.js';
import { SEQUENCE_TYPE, type StreamType } from './formats.js';
import { readItemsQuery } from './items-query.js';
import { badValue } from './problem.js';
import type { Resources } from './resources.js';
import type { Request } from './route.js';

/** Parameters of pages, which an endless answer does not have. */
const OF_PAGES = ['cursor', 'limit'];

/** Answers requests for items with answers that have no end. */
export class Streams {
  readonly #resources: Resources;
  readonly #events: SseTransport;

  constructor(resources: Resources, events: SseTransport) {
    this.#resources = resources;
    this.#events = events;
  }

  /**
   * @param headers further headers of the answer
   * @throws Problem or CommandError if there is no such view
   */
  async open(
    context: Request,
    type: StreamType,
    parameters: ReadonlyMap<string, string>,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const { id, crss } = this.#resources.collection(context);
    for (const name of OF_PAGES) {
      if (parameters.has(name)) throw badValue(name, 'must be left out of a request for an endless answer');
    }
    const isSequence = type === SEQUENCE_TYPE;
    if (!isSequence && parameters.has('f')) throw badValue('f', 'must be left out of a request for events');
    const { crs, box } = readItemsQuery(parameters, crss);
    if (box !== null && box.crs.crs !== crs.crs && !box.crs.crs.isDataCrs) {
      throw badValue('bbox-crs', 'must be WGS 84 or that of crs in a request for an endless answer');
    }
    const watch: Watch = {
      channel: id,
      view: crs,
      box: box === null ? null : { bbox: box.bbox, isInViewCrs: box.crs.crs === crs.crs },
      since: isSequence ? null : lastEventId(context.req.header('last-event-id')),
    };
    try {
      const framing = isSequence ? new SequenceFraming() : new EventFraming();
      await this.#events.open(context.env.outgoing, context.get('caller'), watch, framing, {
        ...headers,
        'content-crs': `<${crs.uri}>`,
        vary: 'Accept, Origin',
      });
    } catch (error) {
      if (!(error instanceof WatchRefusal)) throw error;
      throw new CommandError(error.status.code, error.status.message);
    }
    return RESPONSE_ALREADY_SENT;
  }
}

/** The id of an entry of a stream; null for anything else, which cannot be the id of an event. */
function lastEventId(header: string | undefined): string | null {
  try {
    return header === undefined ? null : parseStreamId(header, 'Last-Event-ID');
  } catch {
    return null;
  }
}
