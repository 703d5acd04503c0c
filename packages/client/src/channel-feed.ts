import { compareStreamIds, type Envelope, type RecoveryStatus } from '@viaduct/protocol';
import { ConnectionError, ViaductError } from './errors.js';
import { featuresIn, isPlaced, memberId, withoutPlace } from './features.js';
import type { ChannelStatus } from './gateway-status.js';
import type { CommandEvent } from './link.js';
import { isPassing, retryDelay } from './retry.js';
import type { Subscription } from './subscription.js';
import type { SubscribeOptions, SubscriptionEvent } from './subscription-events.js';

type SendCommand = (event: CommandEvent, options: object, timeoutMs: null) => Promise<unknown>;

/** A subscription and its progress. */
interface Entry {
  readonly subscription: Subscription;
  readonly options: SubscribeOptions;
  /** Whether messages may be missing: it was live before, or named the last entry that it knows. */
  expects: boolean;
  /** Id of the last stream entry that it received or knew. */
  lastId: string | null;
  /** Events that wait for the end of the current batch. */
  batch: SubscriptionEvent[];
}

/** The options of the next SUB. */
interface Request {
  snapshot: boolean;
  since: string | null;
}

/** One channel of the session, for all subscriptions to it in this client. */
export class ChannelFeed {
  readonly #send: SendCommand;
  readonly #entries = new Map<Subscription, Entry>();
  #request: Request | null = null;
  #sending: Promise<void> | null = null;
  /** Whether this session is subscribed. */
  #confirmed = false;
  #snapshotting = false;
  /** Whether the view has changed since the last SUB. */
  #otherView = false;
  /** What has arrived since the last SUB. */
  #arrived = { snapshot: false, recovered: false };

  constructor(
    readonly channel: string,
    send: SendCommand,
  ) {
    this.#send = send;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Adds a subscription; `online` if there is a session. */
  add(subscription: Subscription, options: SubscribeOptions, online: boolean): void {
    const { since = null, snapshot = false } = options;
    this.#entries.set(subscription, {
      subscription,
      options,
      expects: since !== null,
      lastId: since,
      batch: [],
    });
    if (!online) return;
    if (this.#confirmed && !snapshot && since === null) queueMicrotask(() => subscription.become('live'));
    else this.#ask({ snapshot, since });
  }

  remove(subscription: Subscription): void {
    this.#entries.delete(subscription);
  }

  /** A new session has its view: requests everything again. */
  opened(): void {
    const entries = [...this.#entries.values()];
    const snapshot = entries.some(({ options }) => options.snapshot);
    const since = entries.map(({ lastId }) => lastId).reduce(earlier, null);
    // The continuation of a stream does not contain features that the new view shows.
    this.#ask({ snapshot, since: snapshot && this.#otherView ? null : since });
  }

  /** The view will change: a snapshot in an older one is not enough. */
  viewWanted(): void {
    this.#otherView = true;
  }

  /** The view has changed: requests snapshots again. */
  viewChanged(): void {
    const wanted = [...this.#entries.values()].some(({ options }) => options.snapshot);
    if (wanted && (this.#confirmed || this.#sending !== null)) this.#ask({ snapshot: true, since: null });
  }

  /** The session has ended, or all of them have. */
  lost(error: ConnectionError, final: boolean): void {
    this.#confirmed = false;
    this.#snapshotting = false;
    this.#request = null;
    for (const { subscription } of this.#entries.values()) {
      if (final) subscription.become('ended', { error });
      else if (subscription.state !== 'offline') subscription.become('offline', { error });
    }
    if (final) this.#entries.clear();
  }

  /** The gateway has ended the subscription. */
  end(error: ViaductError): void {
    this.flush();
    for (const subscription of this.#entries.keys()) subscription.become('ended', { error });
    this.#entries.clear();
  }

  /** Collects a message of the channel; {@link flush} delivers it. */
  take(message: Envelope): void {
    for (const entry of this.#entries.values()) {
      if (this.#snapshotting && entry.options.snapshot !== true) continue;
      if (message.id !== undefined) {
        if (entry.lastId !== null && compareStreamIds(message.id, entry.lastId) <= 0) continue;
        entry.lastId = message.id;
      }
      addEvents(entry, message, this.#snapshotting);
    }
  }

  /** Handles a status about the channel. */
  takeStatus(status: ChannelStatus): void {
    this.flush();
    if (status.status === 'snapshot_begin') this.#beginSnapshot();
    else if (status.status === 'snapshot_end') this.#endSnapshot(status.id);
    else this.#recovery(status);
  }

  /** Messages were lost between Redis and the gateway. */
  gap(): void {
    this.flush();
    for (const { subscription, options } of this.#entries.values()) {
      if (options.snapshot !== true && subscription.state === 'live')
        subscription.become('live', { gap: true });
    }
  }

  /** Delivers everything since the last call as one batch. */
  flush(): void {
    for (const entry of this.#entries.values()) {
      if (entry.batch.length === 0) continue;
      const { batch } = entry;
      entry.batch = [];
      entry.subscription.deliver(batch);
    }
  }

  #beginSnapshot(): void {
    this.#snapshotting = true;
    for (const { subscription, options, batch } of this.#entries.values()) {
      if (options.snapshot !== true) continue;
      subscription.become('snapshot');
      batch.push({ type: 'snapshot_begin' });
    }
  }

  #endSnapshot(id: string | undefined): void {
    this.#snapshotting = false;
    this.#arrived.snapshot = true;
    for (const entry of this.#entries.values()) {
      if (entry.options.snapshot !== true) continue;
      if (id !== undefined) entry.lastId = id;
      entry.batch.push({ type: 'snapshot_end' });
    }
    this.flush();
    for (const entry of this.#entries.values()) {
      if (entry.options.snapshot === true) becomeLive(entry, { gap: false, recovered: false });
    }
  }

  #recovery(status: RecoveryStatus): void {
    const { recovered } = status;
    this.#arrived.recovered = recovered;
    for (const entry of this.#entries.values()) {
      // If it is a different stream, its ids are unrelated to the known ones.
      entry.lastId = recovered ? status.id : null;
      // The answer to a SUB applies with its confirmation, a report after a gap at once.
      if (this.#sending === null && entry.options.snapshot !== true) {
        becomeLive(entry, { gap: !recovered, recovered });
      }
    }
  }

  #ask(request: Request): void {
    const { snapshot = false, since = null } = this.#request ?? {};
    this.#request = { snapshot: snapshot || request.snapshot, since: earlier(since, request.since) };
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
  }

  /** One SUB at a time, so that they do not pile up if the view changes faster than snapshots arrive. */
  async #sendAll(): Promise<void> {
    for (let request = this.#request; request !== null; request = this.#request) {
      this.#request = null;
      this.#arrived = { snapshot: false, recovered: false };
      this.#otherView = false;
      try {
        await this.#send('sub', subOptions(this.channel, request), null);
        this.#subscribed();
      } catch (error) {
        if (error instanceof ConnectionError) return;
        if (!(error instanceof ViaductError)) throw error;
        if (isPassing(error)) await this.#retry(request);
        else this.#refused(error);
      }
    }
  }

  #subscribed(): void {
    this.#confirmed = true;
    const { snapshot, recovered } = this.#arrived;
    for (const entry of this.#entries.values()) {
      if (entry.subscription.state === 'live' || entry.subscription.state === 'snapshot') continue;
      const made = recovered || (snapshot && entry.options.snapshot === true);
      becomeLive(entry, { gap: entry.expects && !made, recovered });
    }
  }

  async #retry(request: Request): Promise<void> {
    const since = this.#request?.since ?? null;
    this.#request = { snapshot: request.snapshot, since: earlier(since, request.since) };
    await retryDelay();
  }

  /** Ends what the gateway refuses: subscriptions that wait for it, or whose snapshot cannot be read. */
  #refused(error: ViaductError): void {
    for (const [subscription, { options }] of this.#entries) {
      if (this.#confirmed && subscription.state === 'live' && options.snapshot !== true) continue;
      this.#entries.delete(subscription);
      subscription.become('ended', { error });
    }
  }
}

function becomeLive(entry: Entry, change: { gap: boolean; recovered: boolean }): void {
  entry.expects = true;
  entry.subscription.become('live', change);
}

/** The earlier of two entry ids; null stands for none. */
function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return compareStreamIds(a, b) < 0 ? a : b;
}

function subOptions(channel: string, { snapshot, since }: Request): object {
  return { channel, ...(snapshot && { snapshot }), ...(since !== null && { since }) };
}

function addEvents({ batch, options }: Entry, message: Envelope, fromSnapshot: boolean): void {
  const { content, timestamp } = message;
  const features = featuresIn(content);
  if (features === null) {
    batch.push({ type: 'message', content, fromSnapshot, timestamp });
    return;
  }
  const idOf = options.id ?? memberId;
  for (const each of features) {
    const feature = message.unlocated === true && !isPlaced(each) ? withoutPlace(each) : each;
    const id = idOf(each);
    if (isPlaced(feature)) batch.push({ type: 'feature', feature, id: id ?? null, fromSnapshot, timestamp });
    else if (id !== undefined) batch.push({ type: 'removal', id, timestamp });
  }
}
