import { RawClient, TRANSPORTS } from '@viaduct/testkit/clients';
import { sign } from '@viaduct/testkit/credentials';
import type { Random } from '@viaduct/testkit/random';
import { eventually } from '@viaduct/testkit/wait';
import type { Feature, Geometry } from 'geojson';
import type { Redis } from 'ioredis';
import proj4 from 'proj4';
import { LiveClient } from './live-client.js';
import { ViewModel } from './live-model.js';
import { isShown, type OracleView } from './live-oracle.js';
import { StormStream } from './storm-stream.js';

/** The channel of the storm. */
export const CHANNEL = 'trains';
const IDS = 40;
/** Everything happens within these degrees, so that views often meet. */
const [WEST, SOUTH, WIDTH, HEIGHT] = [6, 45, 4, 3];
/** Makes some features larger than others. */
const SIZES = [0.02, 0.3, 2];
/** Makes some messages larger than others. */
const FILLER = 'x'.repeat(1_000);

interface Watcher {
  live: LiveClient;
  readonly model: ViewModel;
  paused: boolean;
}

/**
 * Moves features, changes views and breaks connections at random, and compares the set of each client with the features
 * that are in Redis and in its view. Beside the clients that send commands, there are event streams with views that these
 * clients have had.
 */
export class LiveStorm {
  readonly #random: Random;
  readonly #redis: Redis;
  readonly #url: string;
  readonly #watchers: Watcher[] = [];
  readonly #streams: StormStream[] = [];
  #version = 0;
  #markers = 0;
  /** All steps so far, for the report of a failure. */
  readonly log: string[] = [];

  readonly #isNotified: boolean;

  /** @param isNotified whether the gateway learns of changes without messages */
  constructor(random: Random, redis: Redis, url: string, isNotified = false) {
    this.#random = random;
    this.#redis = redis;
    this.#url = url;
    this.#isNotified = isNotified;
  }

  /** @param count of clients that send commands, and of event streams */
  async connect(count: number, streams: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const model = new ViewModel();
      this.#watchers.push({ live: await this.#open(model, i), model, paused: false });
    }
    for (let i = 0; i < streams; i++) {
      this.#streams.push(new StormStream());
      await this.#showAgain(i);
    }
  }

  /** Does a random step. */
  async step(): Promise<void> {
    const dice = this.#random.next();
    if (dice < 0.5) await this.#move();
    else if (dice < 0.55) await this.#moveTogether();
    else if (dice < 0.6) await (this.#isNotified ? this.#quietChange() : this.#move());
    else if (dice < 0.68) await this.#remove();
    else if (dice < 0.69) await this.#silentChanges();
    else if (dice < 0.7) await this.#reconnect();
    else if (dice < 0.72) await this.#showAgain(this.#random.below(this.#streams.length));
    else if (dice < 0.75) this.#pauseOrResume();
    else await this.#changeView();
  }

  /** Waits until the effects of all steps have arrived, and compares every client with Redis. */
  async compare(): Promise<void> {
    for (const watcher of this.#watchers) this.#resume(watcher);
    for (const stream of this.#streams) stream.resume();
    const marker = ++this.#markers;
    await eventually(async () => {
      await this.#redis.publish(CHANNEL, String(marker));
      for (const client of [...this.#watchers.map(({ live }) => live), ...this.#streams])
        if (client.marker !== marker) throw new Error('a marker is missing');
    });
    for (const [i, { live, model }] of this.#watchers.entries()) {
      // Changes that were missed in a gap arrive with a separate mark.
      await eventually(async () => {
        if (!model.held) await live.run(model.boxCommand);
        await this.#check(`client ${i}`, live.held, model.view);
      });
    }
    for (const [i, { held, view }] of this.#streams.entries()) {
      await eventually(async () => {
        if (view !== null) await this.#check(`stream ${i}`, held, view);
      });
    }
  }

  async #check(name: string, held: ReadonlyMap<unknown, Feature>, view: OracleView): Promise<void> {
    const expected = await this.#expected(view);
    for (const [id, version] of expected) {
      const own: unknown = held.get(id)?.properties?.version;
      if (own !== version) throw new Error(`${name} holds ${id} in version ${own}, not ${version}`);
    }
    for (const id of held.keys()) if (!expected.has(id)) throw new Error(`${name} holds ${id}, a ghost`);
  }

  async #expected(view: OracleView): Promise<Map<unknown, number>> {
    const shown = new Map<unknown, number>();
    for (const text of await this.#redis.hvals(CHANNEL)) {
      const feature = JSON.parse(text) as Feature;
      if (isShown(feature, view)) shown.set(feature.id, feature.properties?.version);
    }
    return shown;
  }

  async #open(model: ViewModel, number: number): Promise<LiveClient> {
    const client = await (number % 3 === 2 ? TRANSPORTS['socket.io'] : TRANSPORTS.raw)(this.#url);
    const lines = model.startOver();
    lines.unshift(`TOKEN ${await this.#token(model)}`);
    return LiveClient.open(client, CHANNEL, ...lines);
  }

  #token({ area }: ViewModel): Promise<string> {
    return sign({ channels: ['*'], ...(area !== null && { area }) });
  }

  async #move(): Promise<void> {
    const id = `f${this.#random.below(IDS)}`;
    const text = JSON.stringify(this.#feature(id));
    this.log.push(`move ${id}`);
    await this.#redis.multi().hset(CHANNEL, id, text).publish(CHANNEL, text).exec();
  }

  /** Some features in one message, which may remove others. */
  async #moveTogether(): Promise<void> {
    const ids = new Set(Array.from({ length: 4 }, () => `f${this.#random.below(IDS)}`));
    this.log.push(`move ${[...ids].join()} together`);
    const all = this.#redis.multi();
    const features = [...ids].map((id) => {
      if (this.#random.chance(0.2)) {
        all.hdel(CHANNEL, id);
        return { type: 'Feature', id, geometry: null, properties: null };
      }
      const feature = this.#feature(id);
      all.hset(CHANNEL, id, JSON.stringify(feature));
      return feature;
    });
    await all.publish(CHANNEL, JSON.stringify({ type: 'FeatureCollection', features })).exec();
  }

  /** A change without a message. */
  async #quietChange(): Promise<void> {
    const id = `f${this.#random.below(IDS)}`;
    const dice = this.#random.next();
    this.log.push(`quiet change of ${id}: ${dice}`);
    if (dice < 0.6) await this.#redis.hset(CHANNEL, id, JSON.stringify(this.#feature(id)));
    else if (dice < 0.85) await this.#redis.hdel(CHANNEL, id);
    else if (dice < 0.9) await this.#redis.del(CHANNEL);
    else {
      const ids = Array.from({ length: IDS / 2 }, () => `f${this.#random.below(IDS)}`);
      const entries = Object.fromEntries(ids.map((each) => [each, JSON.stringify(this.#feature(each))]));
      await this.#redis.multi().del('next').hset('next', entries).rename('next', CHANNEL).exec();
    }
  }

  async #remove(): Promise<void> {
    const id = `f${this.#random.below(IDS)}`;
    this.log.push(`remove ${id}`);
    const text = JSON.stringify({ type: 'Feature', id, geometry: null, properties: null });
    await this.#redis.multi().hdel(CHANNEL, id).publish(CHANNEL, text).exec();
  }

  /** Changes without messages, in a gap. */
  async #silentChanges(): Promise<void> {
    this.log.push('silent changes and a gap');
    for (let i = 0; i < 3; i++) {
      const id = `f${this.#random.below(IDS)}`;
      if (this.#random.chance(0.5)) await this.#redis.hset(CHANNEL, id, JSON.stringify(this.#feature(id)));
      else await this.#redis.hdel(CHANNEL, id);
    }
    await this.#redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  }

  async #reconnect(): Promise<void> {
    const number = this.#random.below(this.#watchers.length);
    const watcher = this.#watchers[number] as Watcher;
    this.log.push(`reconnect ${number}`);
    this.#resume(watcher);
    await watcher.live.client.close();
    watcher.live = await this.#open(watcher.model, number);
  }

  /** Gives an event stream the current view of a client, in a new connection. */
  async #showAgain(number: number): Promise<void> {
    const { model } = this.#random.of(this.#watchers);
    this.log.push(`stream ${number} is opened`);
    const items = `${this.#url}/ogc/collections/${CHANNEL}/items`;
    await this.#streams[number]?.show(items, model.view, model.projection, await this.#token(model));
  }

  #pauseOrResume(): void {
    if (this.#random.chance(0.3)) {
      const stream = this.#random.of(this.#streams);
      if (this.#random.chance(0.5)) stream.pause();
      else stream.resume();
      return;
    }
    const watcher = this.#random.of(this.#watchers);
    const { client } = watcher.live;
    if (watcher.paused) this.#resume(watcher);
    else if (client instanceof RawClient) {
      client.pause();
      watcher.paused = true;
    }
  }

  #resume(watcher: Watcher): void {
    if (watcher.paused && watcher.live.client instanceof RawClient) watcher.live.client.resume();
    watcher.paused = false;
  }

  /** Does not wait for the outcome, so that the next change often cuts this one short. */
  async #changeView(): Promise<void> {
    const number = this.#random.below(this.#watchers.length);
    const { live, model } = this.#watchers[number] as Watcher;
    const line = await this.#viewCommand(model);
    this.log.push(`client ${number}: ${line.slice(0, 60)}`);
    live.client.send(line);
  }

  async #viewCommand(model: ViewModel): Promise<string> {
    const dice = this.#random.next();
    if (dice < 0.08) return model.clearBox();
    if (dice < 0.14) return model.reset();
    if (dice < 0.24) return model.setProjection(this.#random.chance(0.5) ? 'epsg:3857' : 'epsg:4326');
    if (dice < 0.32) {
      model.area = this.#random.chance(0.5) ? null : this.#box();
      return `TOKEN ${await this.#token(model)}`;
    }
    const [minX, minY, maxX, maxY] = this.#box();
    if (model.boxCrs === 'epsg:4326') return model.setBox([minX, minY, maxX, maxY]);
    const [left, bottom] = proj4('EPSG:4326', 'EPSG:3857', [minX, minY]) as [number, number];
    const [right, top] = proj4('EPSG:4326', 'EPSG:3857', [maxX, maxY]) as [number, number];
    return model.setBox([left, bottom, right, top]);
  }

  #box(): [number, number, number, number] {
    const [x, y] = this.#place();
    const size = this.#random.of([0.2, 1, 2]);
    return [x, y, x + size, y + size];
  }

  #place(): [number, number] {
    return [WEST + this.#random.next() * WIDTH, SOUTH + this.#random.next() * HEIGHT];
  }

  #feature(id: string): Feature {
    const properties = { version: ++this.#version, filler: this.#random.chance(0.2) ? FILLER : '' };
    return { type: 'Feature', id, geometry: this.#geometry(), properties };
  }

  #geometry(): Geometry {
    const [x, y] = this.#place();
    const size = this.#random.of(SIZES);
    const dice = this.#random.next();
    if (dice < 0.7) return { type: 'Point', coordinates: [x, y] };
    const [a, b, c] = [
      [x, y],
      [x + size, y],
      [x + size, y + size],
    ] as const;
    if (dice < 0.85) return { type: 'LineString', coordinates: [[...a], [...c]] };
    return { type: 'Polygon', coordinates: [[[...a], [...b], [...c], [...a]]] };
  }
}
