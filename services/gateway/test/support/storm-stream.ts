import { until } from '@viaduct/testkit/wait';
import type { Feature } from 'geojson';
import { epsg } from './features-client.js';
import type { OracleView } from './live-oracle.js';
import { RawEventStream } from './raw-event-stream.js';

/** An event stream in a storm. Its view is fixed when it is opened. */
export class StormStream extends RawEventStream {
  view: OracleView | null = null;
  /** The latest message of the channel that was not a feature. */
  marker: unknown = null;

  /**
   * Opens the stream, or another one in its place, and resolves when the client holds the view.
   *
   * @param items address of the features of the channel
   * @param token for the area of the view
   */
  async show(
    items: string,
    view: OracleView,
    projection: OracleView['boxCrs'],
    token: string,
  ): Promise<void> {
    const named = (crs: OracleView['boxCrs']): string => epsg(crs === 'epsg:3857' ? 3857 : 4326);
    const query = new URLSearchParams();
    if (projection !== 'epsg:4326') query.set('crs', named(projection));
    if (view.box !== null) query.set('bbox', view.box.join(','));
    if (view.box !== null && view.boxCrs !== 'epsg:4326') query.set('bbox-crs', named(view.boxCrs));
    this.held.clear();
    this.view = { ...view, held: false };
    // The storm may have taken the gateway's connection to Redis just now: then the answer is 503.
    do {
      this.connect(`${items}?${query}`, { authorization: `Bearer ${token}` });
      await until(() => this.status !== null || this.isCut, 'an answer to the request for events');
    } while (this.status !== 200);
    await this.untilMark();
  }

  protected override apply(name: string, data: unknown): void {
    if (name === 'update' && (data as Feature | null)?.type !== 'Feature') this.marker = data;
    else super.apply(name, data);
  }
}
