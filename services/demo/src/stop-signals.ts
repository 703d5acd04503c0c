/** Longest time for stopping, in milliseconds; what hangs after that ends with the process. */
const STOP_LIMIT_MS = 1500;

/** Exit code of a shell after SIGINT. */
const INTERRUPTED = 130;

/**
 * Ends the process with code 0 on the first SIGINT, SIGTERM or SIGHUP, after `stop`. Further signals have no effect:
 * npm repeats Ctrl-C to its child, which has received it from the terminal already.
 *
 * @param stop must leave nothing running within one and a half seconds
 */
export function onStopSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(INTERRUPTED), STOP_LIMIT_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}
