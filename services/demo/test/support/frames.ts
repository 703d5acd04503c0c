import {
  type Envelope,
  parseCommandLine,
  parseEnvelope,
  STATUS_SOURCE,
  type Status,
} from '@viaduct/protocol';
import type { Page } from 'playwright-core';

export type Box = readonly [minX: number, minY: number, maxX: number, maxY: number];

/** What a page's WebSockets have carried, in order. */
export class Frames {
  /** Commands as they were sent: the name in lower case, and the arguments. */
  readonly sent: [command: string, args: Readonly<Record<string, string>>][] = [];
  readonly received: Envelope[] = [];

  /** Must be made before the page connects. */
  constructor(page: Page) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        const { name, named } = parseCommandLine(String(payload));
        this.sent.push([name.toLowerCase(), named]);
      });
      socket.on('framereceived', ({ payload }) => this.received.push(parseEnvelope(String(payload))));
    });
  }

  /** How often a command was sent. */
  count(command: string): number {
    return this.sent.filter(([name]) => name === command).length;
  }

  /** The box that was sent last. */
  lastBox(): Box {
    const args = this.sent.findLast(([command]) => command === 'bbox')?.[1] ?? {};
    const side = (name: string): number => Number(args[name] ?? Number.NaN);
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
