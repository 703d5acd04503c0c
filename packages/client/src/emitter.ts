/** Ends what the call that returned it started. */
export type Stop = () => void;

type Listener<Arguments extends readonly unknown[]> = (...values: Arguments) => void;

/**
 * Calls code that is not ours. What it throws is rethrown outside, where the browser or Node reports it, so that
 * others still receive their messages.
 */
export function callOut<Arguments extends readonly unknown[]>(
  listener: Listener<Arguments>,
  ...values: Arguments
): void {
  try {
    listener(...values);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** A listener, and how it is called. */
interface Entry<Arguments extends readonly unknown[]> {
  readonly listener: Listener<Arguments>;
  readonly isOnce: boolean;
}

/** Typed events. */
export class Emitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  #listeners: { [Name in keyof Events]?: Set<Entry<Events[Name]>> } = {};
  /** The event that listeners hear now, and those that happen meanwhile: each listener hears all of them in the same order. */
  readonly #queue: (() => void)[] = [];

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): Stop {
    return this.#add(name, { listener, isOnce: false });
  }

  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): Stop {
    return this.#add(name, { listener, isOnce: true });
  }

  /** Removes a listener as often as it was added. */
  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const entries = this.#listeners[name];
    for (const entry of entries ?? []) if (entry.listener === listener) entries?.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, ...values: Events[Name]): void {
    const queue = this.#queue;
    if (queue.push(() => this.#tell(name, values)) > 1) return;
    for (; queue.length > 0; queue.shift()) queue[0]?.();
  }

  /** Whether there are listeners, for events that are expensive to create. */
  has(name: keyof Events): boolean {
    return Boolean(this.#listeners[name]?.size);
  }

  clear(): void {
    this.#listeners = {};
  }

  #tell<Name extends keyof Events>(name: Name, values: Events[Name]): void {
    const entries = this.#listeners[name];
    for (const entry of [...(entries ?? [])]) {
      // An earlier listener may have removed it.
      if (!this.#listeners[name]?.has(entry)) continue;
      if (entry.isOnce) entries?.delete(entry);
      callOut(entry.listener, ...values);
    }
  }

  // An object of its own for each call, so that a function that is added twice is called twice and removed one by one.
  #add<Name extends keyof Events>(name: Name, entry: Entry<Events[Name]>): Stop {
    const entries = this.#listeners[name] ?? new Set();
    this.#listeners[name] = entries;
    entries.add(entry);
    return () => entries.delete(entry);
  }
}
