/// <reference lib="esnext.disposable" preserve="true" />
import type { GeoJsonProperties, Geometry } from 'geojson';
import { onAbort } from './abort.js';
import { callOut, type Stop } from './emitter.js';
import { ConnectionError, ViaductError } from './errors.js';
import { EventQueue } from './event-queue.js';
import { delayedError } from './retry.js';
import type {
  StateChange,
  SubscribeOptions,
  SubscriptionEvent,
  SubscriptionState,
} from './subscription-events.js';
import { warn } from './warnings.js';

/** Settles like the promise, but rejects if there is no connection for too long. */
export type WhileReachable = <T>(result: Promise<T>) => Promise<T>;

/** How long a subscription may take to begin. */
export interface Patience {
  readonly timeoutMs: number;
  /** Rejects if there is no connection for that time. */
  readonly whileReachable: WhileReachable;
}

/** The owner of a subscription. */
export interface SubscriptionOwner extends Patience {
  readonly leave: (subscription: Subscription) => Promise<void>;
}

/** A promise of {@link Subscription.ready}. */
interface Waiter {
  /** On the clock of `performance.now()`. */
  readonly since: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * One subscription. It survives lost connections, until {@link Subscription.unsubscribe} ends it or the gateway refuses
 * it. Iterating over it returns the events from then on; leaving the loop does not end the subscription.
 *
 * @example
 * ```ts
 * import { connect } from '@viaduct/client';
 *
 * const viaduct = connect('http://localhost:8080');
 * const trains = viaduct.subscribe('trains');
 * await trains.ready;
 * for await (const event of trains) {
 *   if (event.type === 'feature') console.log(event.id); // prints: 17
 *   break;
 * }
 * await trains.unsubscribe();
 * viaduct.close();
 * ```
 */
export class Subscription<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> implements AsyncIterable<SubscriptionEvent<Properties, Shape>>
{
  readonly #options: SubscribeOptions;
  readonly #owner: SubscriptionOwner;
  /** @internal */
  hasLiveView = false;
  #state: SubscriptionState = 'pending';
  #error: ViaductError | ConnectionError | null = null;
  readonly #queues = new Set<EventQueue<SubscriptionEvent>>();
  readonly #waiting = new Set<Waiter>();
  #confirmed = false;
  /** Whether the program has it: before, a callback could not use it. */
  #isReturned = false;
  #stopAbort: Stop | undefined;
  /** When it was asked for, on the clock of `performance.now()`; null once its delay has been reported. */
  #pendingSince: number | null = performance.now();

  /** @internal Made by `Viaduct.subscribe`. */
  constructor(
    readonly channel: string,
    options: SubscribeOptions,
    owner: SubscriptionOwner,
  ) {
    this.#options = options;
    this.#owner = owner;
  }

  /** Current state; `onState` reports changes. */
  get state(): SubscriptionState {
    return this.#state;
  }

  /** Why it is offline or ended, or has been pending for long; null if there is no error. */
  get error(): ViaductError | ConnectionError | null {
    return this.#error;
  }

  /**
   * Resolves when the gateway has confirmed the subscription for the first time, after the snapshot if there is one.
   * Rejects with a {@link ViaductError} if the gateway refuses it, and with a {@link ConnectionError} if it ends first,
   * or if there is no connection for the `timeoutMs` of {@link ConnectOptions}, or the gateway cannot serve it for that time.
   * The subscription then stays, and begins as soon as it can.
   */
  get ready(): Promise<void> {
    if (this.#confirmed) return Promise.resolve();
    if (this.#state === 'ended') return Promise.reject(this.#endError());
    const since = performance.now();
    let waiter: Waiter | undefined;
    const ready = new Promise<void>((resolve, reject) => {
      waiter = { since, resolve, reject };
      this.#waiting.add(waiter);
    });
    return this.#owner.whileReachable(ready).finally(() => waiter && this.#waiting.delete(waiter));
  }

  /**
   * Ends the subscription; resolves when the gateway has confirmed that, or at once if there is no connection.
   *
   * @example see {@link Subscription}
   */
  async unsubscribe(): Promise<void> {
    if (this.#state === 'ended') return;
    this.become('ended');
    await this.#owner.leave(this);
  }

  /** Ends the subscription, also at the end of a block that declares it with `using`. */
  [Symbol.dispose](): void {
    // If the gateway does not confirm the end, what it still sends is ignored.
    this.unsubscribe().catch(() => {});
  }

  [Symbol.asyncIterator](): AsyncIterator<SubscriptionEvent<Properties, Shape>, undefined> {
    const queue = new EventQueue<SubscriptionEvent>((ended) => this.#queues.delete(ended));
    this.#queues.add(queue);
    if (this.#state === 'ended') queue.end(this.#error);
    return queue as AsyncIterator<unknown, undefined> as AsyncIterator<
      SubscriptionEvent<Properties, Shape>,
      undefined
    >;
  }

  /** @internal Called when it has its owner: from now on, the signal of its options may end it. */
  begin(): void {
    this.#stopAbort = onAbort(this.#options.signal, () => this[Symbol.dispose]());
  }

  /** @internal Called just before the program gets it. */
  returned(): void {
    this.#isReturned = true;
  }

  /** @internal */
  deliver(events: readonly SubscriptionEvent[]): void {
    for (const event of events) callOut(this.#handle, event);
    if (this.#state !== 'ended') callOut((all) => this.#options.onBatch?.(all), events);
    for (const queue of this.#queues) queue.push(events);
  }

  /** @internal */
  become(state: SubscriptionState, change: Partial<Omit<StateChange, 'state'>> = {}): void {
    if (this.#state === 'ended') return;
    const { error = null, gap = false, recovered = false } = change;
    this.#state = state;
    this.#error = error;
    if (state === 'live') this.#confirm();
    if (state === 'ended') this.#end(error);
    const report = (): void =>
      callOut((change) => this.#options.onState?.(change), { state, gap, recovered, error });
    if (this.#isReturned) report();
    else queueMicrotask(report);
  }

  /**
   * The gateway has refused it for a temporary reason, and attempts continue: rejects the promises of callers that have
   * waited too long.
   *
   * @internal
   */
  delayed(cause: unknown): void {
    const last = performance.now() - this.#owner.timeoutMs;
    const error = delayedError(`no subscription to ${this.channel}`, this.#owner.timeoutMs, cause);
    for (const waiter of this.#waiting) {
      if (waiter.since > last) continue;
      this.#waiting.delete(waiter);
      waiter.reject(error);
    }
    if (this.#pendingSince === null || this.#pendingSince > last) return;
    this.#pendingSince = null;
    if (!this.#isWatched) warn(error.message);
    this.become('pending', { error });
  }

  readonly #handle = (event: SubscriptionEvent): void => {
    // A callback may have ended it in the middle of a batch.
    if (this.#state === 'ended') return;
    const options = this.#options;
    if (event.type === 'feature') options.onFeature?.(event.feature, event);
    else if (event.type === 'removal') options.onRemove?.(event.id, event);
    else if (event.type === 'message') options.onMessage?.(event.content, event);
  };

  /** Whether the program learns how the subscription ends. */
  get #isWatched(): boolean {
    const { onState, isWatched = () => onState !== undefined } = this.#options;
    return isWatched() || this.#waiting.size > 0 || this.#queues.size > 0;
  }

  #confirm(): void {
    this.#confirmed = true;
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #end(error: ViaductError | ConnectionError | null): void {
    this.#stopAbort?.();
    // What ends a connection is reported by the session.
    if (error instanceof ViaductError && !this.#isWatched)
      warn(`the subscription to "${this.channel}" has ended: ${error.message} (${error.code})`);
    for (const { reject } of this.#waiting) reject(this.#endError());
    this.#waiting.clear();
    for (const queue of [...this.#queues]) queue.end(error);
  }

  #endError(): Error {
    return this.#error ?? new ConnectionError('closed', `the subscription to ${this.channel} was ended`);
  }
}
