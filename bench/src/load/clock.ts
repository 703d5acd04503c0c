/**
 * Time for stamps that one process writes and another reads. `process.hrtime` counts from the same moment in all
 * processes of a machine. `performance.now` has the same rate but starts with its process, so one offset joins the
 * two.
 */
const [seconds, nanoseconds] = process.hrtime();
const OFFSET_US = Math.round(seconds * 1e6 + nanoseconds / 1e3 - performance.now() * 1e3);

/** Microseconds on the machine's monotonic clock, whole. */
export function nowUs(): number {
  return OFFSET_US + Math.floor(performance.now() * 1e3);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
