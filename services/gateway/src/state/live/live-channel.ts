import type { FeatureId, GeoMessage } from '@viaduct/geo-worker';
import type { LeaveEvent, LiveEndReason, LiveEvent } from '@viaduct/protocol';
import type { Audience, Delivery } from '../../delivery/audience.js';
import { AudienceSet } from '../../delivery/audience-set.js';
import type { ConflationKey } from '../../delivery/conflation-key.js';
import type { SessionName } from '../../delivery/connection.js';
import type { Arrival, LiveTap } from '../../delivery/hub-interfaces.js';
import type { Member, MemberView } from '../../delivery/member.js';
import type { OutMessage } from '../../delivery/messages.js';
import type { Claimant } from '../fair-queue.js';
import type { LongWork } from '../long-work.js';
import type { Claim } from '../read-reservation.js';
import { parseMessage } from '../snapshots.js';
import { Expiry } from './expiry.js';
import { FeatureMessages } from './feature-messages.js';
import { HashSync } from './hash-sync.js';
import type { LiveFeature } from './live-feature.js';
import { keyOf, LiveIndex, PreviousVersion } from './live-index.js';
import type { LiveMetrics, LiveServices, Moment } from './live-services.js';
import { LiveView, type ViewedChannel, type Viewer } from './live-view.js';
import { Notifications } from './notifications.js';
import { StreamTrace } from './stream-trace.js';
import type { SyncedChannel } from './synced-channel.js';

/** Up to this number of features, their places in a CRS are computed without a pause. */
const FEW_FEATURES = 2_000;

/** The owner of the live channels. */
export interface LiveOwner {
  /** The index of a channel may have grown. */
  grew(channel: LiveChannel): void;
  /** The last session with a view of a channel has left it. */
  unwatched(channel: LiveChannel): void;
  /** The hash of a channel can no longer be read. */
  unreadable(channel: LiveChannel, error: unknown): void;
}

/** One channel whose state the gateway holds. It finds what enters a view, what leaves it, and what a pan adds. */
export class LiveChannel implements LiveTap, ViewedChannel, SyncedChannel {
  readonly name: string;
  readonly index: LiveIndex;
  readonly longWork: LongWork;
  readonly metrics: LiveMetrics;
  readonly messages: FeatureMessages;
  repairing = false;
  readonly #owner: LiveOwner;
  readonly #services: LiveServices;
  readonly #audiences = new AudienceSet();
  /** Each with its kind of places, if it has a box. */
  readonly #views = new Map<LiveView, string | null>();
  readonly #sync: HashSync;
  readonly #expiry: Expiry | null;
  readonly #notifications: Notifications | null;
  #filled = false;
  #closed = false;
  readonly #trace = new StreamTrace();

  constructor(name: string, services: LiveServices, owner: LiveOwner) {
    this.name = name;
    this.#owner = owner;
    this.#services = services;
    this.longWork = services.longWork;
    this.metrics = services.metrics;
    this.messages = new FeatureMessages(name);
    this.index = new LiveIndex(services.idProperty, services.memory);
    this.#sync = new HashSync(this, services);
    const expiryMs = services.expiryMs(name);
    this.#expiry =
      expiryMs === null
        ? null
        : new Expiry(this.index, expiryMs, services.longWork, (feature) => this.drop(feature, 'expire'));
    const changes = services.isNotified(name) ? (services.source.changesOf?.(this.#sync.key) ?? null) : null;
    this.#notifications =
      changes === null ? null : new Notifications(changes, services, () => this.#sync.repair('notify'));
  }

  get byKey(): ReadonlyMap<string, Audience> {
    return this.#audiences.byKey;
  }

  /** Number of sessions with a view of it. */
  get viewers(): number {
    return this.#views.size;
  }

  /** Whether no session has a view of it, or is about to. */
  get isIdle(): boolean {
    return this.#filled && this.#views.size === 0;
  }

  /** Whether its content has been read. */
  get isFilled(): boolean {
    return this.#filled;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Id of the entry of the stream after which a client can recover; null if entries do not report all changes. */
  get position(): string | null {
    return this.#expiry === null && this.#notifications === null ? this.#trace.position : null;
  }

  /**
   * Fills the index. Messages may arrive meanwhile.
   *
   * @param claim the sessions that wait for it
   * @throws SourceError
   */
  async fill(claim: Claim): Promise<void> {
    await this.#notifications?.open();
    const { streams } = this.#services.source;
    if (streams.has(this.name)) this.#trace.reached(streams.position(this.name));
    await this.#sync.read('start', claim);
    this.#filled = true;
  }

  /** The channel on which the source reports changes of the hash; null for none. */
  get changes(): string | null {
    return this.#notifications?.channel ?? null;
  }

  /** The hash has changed, perhaps without a message. */
  hashChanged(): void {
    this.#notifications?.changed();
  }

  /** The source no longer reports changes of the hash. */
  changesDenied(): void {
    this.#notifications?.denied();
  }

  /** Messages may have been missed: brings the index in line with the hash, and sends each session what differs. */
  missed(): void {
    this.#trace.missed();
    void this.#sync.repair();
  }

  /** The source can be read again. */
  readable(): void {
    this.#sync.readable();
  }

  /** Shows the channel to a session. */
  show(viewer: Viewer, ended: (reason: LiveEndReason) => void): LiveView {
    return new LiveView(this, viewer, ended);
  }

  place(view: LiveView, session: Claimant): Promise<void> {
    const { bbox, boxCrs } = view.view;
    this.#audiences.place(view);
    this.#leavePlaces(view);
    this.#views.set(view, bbox === null ? null : this.index.places.enter(boxCrs, view.view));
    return this.preparePlaces(view.view, session);
  }

  /** Resolves when features are found by the box of a view. The work that this takes counts as that of the session. */
  preparePlaces(view: MemberView, session: Claimant): Promise<void> {
    if (view.bbox === null) return Promise.resolve();
    const { placeWork } = this.#services;
    const pause = this.index.size > FEW_FEATURES ? () => placeWork.turn(session) : null;
    return this.index.places.prepare(view.boxCrs, view, pause);
  }

  #leavePlaces(view: LiveView): void {
    const places = this.#views.get(view) ?? null;
    if (places !== null) this.index.places.leave(places);
  }

  remove(view: LiveView): void {
    this.#audiences.remove(view);
    this.#leavePlaces(view);
    if (this.#views.delete(view) && this.#views.size === 0) this.#owner.unwatched(this);
  }

  /** Marks that every client holds its view again. */
  repaired(): void {
    this.#trace.repaired(this.#sync.isGapDue);
    for (const view of this.#views.keys()) view.repaired();
  }

  coming(bytes: number): void {
    if (this.#closed) return;
    this.index.expect(bytes);
    this.#owner.grew(this);
  }

  failed(error: unknown, session?: SessionName): void {
    this.#services.failed(this.name, error, session);
  }

  unreadable(error: unknown): void {
    this.#owner.unreadable(this, error);
  }

  take(content: GeoMessage, arrival: Arrival): void {
    const features = content.features();
    if (features === null) this.#run(() => this.#pass(content, this.#trace.part(arrival, true)));
    else
      for (const [i, feature] of features.entries())
        this.#takePart(feature, arrival, i === features.length - 1);
    this.#trace.reached(arrival.id);
  }

  async takeBig(arrival: Arrival): Promise<void> {
    const content = parseMessage(arrival.text, (error) => this.#services.invalid(this.name, error));
    if (content === null || this.#closed) return;
    const features = content.features();
    if (features === null) {
      this.take(content, arrival);
      return;
    }
    let until = await this.longWork.turn();
    for (const [i, feature] of features.entries()) {
      if (performance.now() > until) until = await this.longWork.turn();
      if (this.#closed) return;
      this.#takePart(feature, arrival, i === features.length - 1);
    }
    this.#trace.reached(arrival.id);
  }

  /** Puts a feature into the index. Sessions that see it now receive it; those that saw it before receive a leave. */
  put(key: string, content: GeoMessage, moment: Moment, field: string | null = null): void {
    if (this.#closed) return;
    const older = this.index.get(key);
    const before = older === undefined || older.expired ? null : new PreviousVersion(older, this.index);
    const id = this.index.idOf(content);
    if (older === undefined) this.#lookForMixedIds(key, id);
    const feature = this.index.put(key, id, { content, timestamp: moment.timestamp, field });
    this.#deliver(content, moment, this.messages.conflationKey(feature), before === null ? 'add' : null);
    if (before !== null) this.#sendLeaves(before, 'leave');
    this.#owner.grew(this);
  }

  /** Removes a feature from the index. The sessions that saw it receive a leave. */
  drop(feature: LiveFeature, event: 'remove' | 'expire'): void {
    if (this.#closed) return;
    const before = feature.expired ? null : new PreviousVersion(feature, this.index);
    if (event === 'expire') {
      this.index.expire(feature);
      this.#sync.featureExpired(feature.key);
    } else this.index.remove(feature);
    if (before !== null) this.#sendLeaves(before, event);
  }

  /** Ends it for everybody. */
  end(reason: LiveEndReason): void {
    for (const view of [...this.#views.keys()]) view.end(reason);
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.index.close();
    this.#sync.close();
    this.#expiry?.close();
    this.#notifications?.close();
  }

  #takePart(feature: GeoMessage, arrival: Arrival, isLast: boolean): void {
    this.#run(() => this.#takeFeature(feature, this.#trace.part(arrival, isLast)));
  }

  #run(step: () => void): void {
    if (this.#closed) return;
    try {
      step();
    } catch (error) {
      this.#services.failed(this.name, error);
    }
  }

  #takeFeature(content: GeoMessage, arrival: Arrival): void {
    const id = this.index.idOf(content);
    if (id === null) {
      this.#pass(content, arrival);
      return;
    }
    const key = keyOf(id);
    const feature = this.index.get(key);
    this.#sync.messageArrived(key);
    if (!content.isRemoval) this.put(key, content, arrival);
    else if (feature !== undefined) this.drop(feature, 'remove');
    else this.#lookForMixedIds(key, id);
    this.#sync.messageApplied(key, feature?.field ?? String(id), arrival.arrivedAt);
  }

  /** Reports an id that the index has only in the other type: as text instead of a number, or the reverse. */
  #lookForMixedIds(key: string, id: FeatureId | null): void {
    const other = id === null ? null : this.index.otherType(id);
    if (other !== null) this.#services.mixedIds(this.name, key, other.key);
  }

  /** Delivers a message without an identity, as to any subscriber. */
  #pass(content: GeoMessage, moment: Moment): void {
    this.#deliver(content, moment, null);
  }

  #deliver(
    content: GeoMessage,
    { id, timestamp, arrivedAt }: Moment,
    key: ConflationKey | null,
    event: LiveEvent | null = null,
  ): void {
    const failed = (error: unknown, { name }: Member): void => this.#services.failed(this.name, error, name);
    const counted = { delivered: 0, failed };
    const delivery: Delivery = {
      channel: this.name,
      content,
      id,
      timestamp,
      arrivedAt,
      key,
      isKept: true,
      event,
      ...counted,
    };
    for (const audience of this.#audiences.byKey.values()) {
      try {
        if (key !== null && audience.unlocated(content) > 0) continue;
        if (audience.deliver(delivery) === 0 && audience.withholds(content)) this.metrics.withheld('channel');
      } catch (error) {
        this.#services.failed(this.name, error);
      }
    }
  }

  #sendLeaves(before: PreviousVersion, event: LeaveEvent): void {
    const { feature } = before;
    if (feature.id === null) return;
    let message: OutMessage | null = null;
    let sent = 0;
    const send = (member: Member): void => {
      message ??= this.messages.leave(feature, event);
      if (member.left?.(message) === true) sent++;
    };
    for (const audience of this.#audiences.byKey.values()) {
      if (audience.unlocated(before.place) === 0) audience.match(before.place, before.whole, send);
    }
    this.metrics.left(event, sent);
  }
}
