import { callOut } from './emitter.js';
import { ConnectionError, ViaductError } from './errors.js';
import { EventQueue } from './event-queue.js';
import type {
  StateChange,
  SubscribeOptions,
  SubscriptionEvent,
  SubscriptionState,
} from './subscription-events.js';
import { warn } from './warnings.js';

/** Settles as a promise does, but rejects if there is no connection for too long. */
export type WhileReachable = <T>(result: Promise<T>) => Promise<T>;

/** The owner of a subscription. */
export interface SubscriptionOwner {
  readonly leave: (subscription: Subscription) => Promise<void>;
  readonly whileReachable: WhileReachable;
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
export class Subscription implements AsyncIterable<SubscriptionEvent> {
  readonly #options: SubscribeOptions;
  readonly #owner: SubscriptionOwner;
  /** @internal */
  hasLiveView = false;
  #state: SubscriptionState = 'pending';
  #error: ViaductError | ConnectionError | null = null;
  readonly #queues = new Set<EventQueue>();
  readonly #waiting = new Set<{ resolve(): void; reject(error: Error): void }>();
  #confirmed = false;

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

  /**
   * Resolves when the gateway has confirmed the subscription for the first time, after the snapshot if there is one.
   * Rejects with a {@link ViaductError} if the gateway refuses it, and with a {@link ConnectionError} if it ends before,
   * or if there is no connection for the `timeoutMs` of {@link ConnectOptions}. The subscription then stays, and
   * begins with the next connection.
   */
  get ready(): Promise<void> {
    if (this.#confirmed) return Promise.resolve();
    if (this.#state === 'ended') return Promise.reject(this.#endError());
    const ready = new Promise<void>((resolve, reject) => this.#waiting.add({ resolve, reject }));
    return this.#owner.whileReachable(ready);
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

  [Symbol.asyncIterator](): AsyncIterator<SubscriptionEvent, undefined> {
    const queue = new EventQueue((ended) => this.#queues.delete(ended));
    this.#queues.add(queue);
    if (this.#state === 'ended') queue.end(this.#error);
    return queue;
  }

  /** @internal */
  deliver(events: readonly SubscriptionEvent[]): void {
    for (const event of events) callOut(this.#handle, event);
    callOut((all) => this.#options.onBatch?.(all), events);
    for (const queue of this.#queues) queue.push(events);
  }

  /** @internal */
  become(state: SubscriptionState, change: Partial<Omit<StateChange, 'state'>> = {}): void {
    if (this.#state === 'ended') return;
    const { error = null, gap = false, recovered = false } = change;
    this.#state = state;
    if (state === 'live') this.#confirm();
    if (state === 'ended') this.#end(error);
    callOut((told) => this.#options.onState?.(told), { state, gap, recovered, error });
  }

  readonly #handle = (event: SubscriptionEvent): void => {
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
    this.#error = error;
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
