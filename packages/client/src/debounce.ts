/** A call that waits until no other has come for a while. */
export interface Debounced {
  /** Calls after the wait, unless called again meanwhile. */
  later(): void;
  /** Calls at once, instead of the waiting call. */
  now(): void;
  /** Cancels the waiting call. */
  cancel(): void;
}

/** @param waitMs in milliseconds */
export function debounce(run: () => void, waitMs: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    later() {
      clearTimeout(timer);
      timer = setTimeout(run, waitMs);
    },
    now() {
      clearTimeout(timer);
      run();
    },
    cancel() {
      clearTimeout(timer);
    },
  };
}
