import { type Envelope, STATUS_SOURCE, type Status } from '@viaduct/protocol';
import type { Page } from 'playwright-core';

/** A socket.io event on the wire: type 4 of Engine.IO, type 2 of socket.io, perhaps an acknowledgement's number. */
const EVENT = /^42\d*(\[.*)$/s;

export type Box = readonly [minX: number, minY: number, maxX: number, maxY: number];

/** What a page's WebSockets have carried, in order. */
export class Frames {
  /** Commands as they were sent: the event and its options. */
  readonly sent: [event: string, options: Record<string, unknown>][] = [];
  readonly received: Envelope[] = [];

  /** Must be made before the page connects. */
  constructor(page: Page) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        const event = eventOf(payload);
        if (event !== null) this.sent.push([event[0], event[1] as Record<string, unknown>]);
      });
      socket.on('framereceived', ({ payload }) => {
        const event = eventOf(payload);
        if (event?.[0] === 'messages') this.received.push(...(event[1] as Envelope[]));
        if (event?.[0] === 'message') this.received.push(event[1] as Envelope);
      });
    });
  }

  /** How often a command was sent. */
  count(event: string): number {
    return this.sent.filter(([name]) => name === event).length;
  }

  /** The box that was sent last. */
  lastBox(): Box {
    const options = this.sent.findLast(([event]) => event === 'bbox')?.[1] ?? {};
    const side = (name: string): number => Number(options[name] ?? Number.NaN);
    return [side('left'), side('bottom'), side('right'), side('top')];
  }

  /** What the gateway has said itself, by name of the status. */
  statuses<Name extends Status['status']>(name: Name): Extract<Status, { status: Name }>[] {
    return this.received
      .map(({ source, content }) => (source === STATUS_SOURCE ? (content as Status) : null))
      .filter((content) => content?.status === name) as Extract<Status, { status: Name }>[];
  }

  /** Coordinates of the vehicles received from a position in `received` on. */
  pointsSince(start: number): [x: number, y: number][] {
    return this.received
      .slice(start)
      .map(({ content }) => content as { geometry?: { coordinates: [number, number] } | null } | null)
      .flatMap((content) => (content?.geometry ? [content.geometry.coordinates] : []));
  }
}

function eventOf(payload: string | Buffer): [name: string, argument: unknown] | null {
  const match = EVENT.exec(String(payload));
  return match === null ? null : (JSON.parse(match[1] ?? '') as [string, unknown]);
}
