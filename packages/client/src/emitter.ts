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

/** Typed events. */
export class Emitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  #listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {};

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): Stop {
    const listeners = this.#listeners[name] ?? new Set();
    this.#listeners[name] = listeners;
    // A wrapper, so that a function that is added twice is called twice and removed one by one.
    const entry: Listener<Events[Name]> = (...values) => listener(...values);
    listeners.add(entry);
    return () => listeners.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, ...values: Events[Name]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) callOut(listener, ...values);
  }

  /** Whether there are listeners, for events that are expensive to create. */
  has(name: keyof Events): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  clear(): void {
    this.#listeners = {};
  }
}
