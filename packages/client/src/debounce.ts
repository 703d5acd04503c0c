/** A call that waits until no other has come for a while. */
export interface Debounced {
  /** Calls after the wait, unless called again meanwhile. */
  later(): void;
  /** Calls at once, instead of the waiting call. */
  now(): void;
  /** Cancels the waiting call. */
  cancel(): void;
}

/**
 * @param waitMs in milliseconds
 * @param longestMs how long a call waits at most, however many others come, in milliseconds
 */
export function debounce(run: () => void, waitMs: number, longestMs: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** When the waiting call is due at the latest; null if none waits. */
  let dueAt: number | null = null;
  const cancel = (): void => {
    clearTimeout(timer);
    dueAt = null;
  };
  const now = (): void => {
    cancel();
    run();
  };
  return {
    later() {
      const at = performance.now();
      dueAt ??= at + longestMs;
      clearTimeout(timer);
      timer = setTimeout(now, Math.min(waitMs, dueAt - at));
    },
    now,
    cancel,
  };
}
