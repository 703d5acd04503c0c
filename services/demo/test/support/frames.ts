import { type Envelope, parseEnvelope } from '@viaduct/protocol';
import type { Page } from 'playwright-core';

/** What a page's WebSockets have carried, in order. */
export class Frames {
  readonly sent: string[] = [];
  readonly received: Envelope[] = [];

  /** Must be made before the page connects. */
  constructor(page: Page) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => this.sent.push(String(payload)));
      socket.on('framereceived', ({ payload }) => this.received.push(parseEnvelope(String(payload))));
    });
  }

  /** The numbers of the last BBOX command. */
  lastBox(): [minX: number, minY: number, maxX: number, maxY: number] {
    const line = this.sent.findLast((command) => command.startsWith('BBOX'));
    const [minX = Number.NaN, minY = Number.NaN, maxX = Number.NaN, maxY = Number.NaN] =
      line?.split(' ').slice(1).map(Number) ?? [];
    return [minX, minY, maxX, maxY];
  }

  /** Coordinates of the vehicles received from a position in `received` on. */
  pointsSince(start: number): [x: number, y: number][] {
    return this.received
      .slice(start)
      .filter(({ source, content }) => (source === 'trains' || source === 'planes') && content !== null)
      .map(({ content }) => {
        const [x = Number.NaN, y = Number.NaN] = (content as { geometry: { coordinates: number[] } }).geometry
          .coordinates;
        return [x, y];
      });
  }
}
