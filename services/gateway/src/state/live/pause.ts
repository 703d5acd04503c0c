/** A wait that can be cut short. */
export class Pause {
  #cut: () => void = () => {};

  /** Resolves after `ms` milliseconds with false, or with true when {@link end} is called. Does not keep the process alive. */
  wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms).unref();
      this.#cut = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Ends the wait that is under way. Does nothing if there is none. */
  end(): void {
    this.#cut();
  }
}
