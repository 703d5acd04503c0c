import { setTimeout as sleep } from 'node:timers/promises';

/** Pause before a recording begins again, in seconds. */
const PAUSE = 5;

/**
 * Yields the reports of a recording as if they came now, again and again.
 *
 * @param {AsyncIterable<import('./feed.js').Report>} recording
 * @returns {AsyncGenerator<import('./feed.js').Report>}
 */
export async function* replay(recording) {
  const reports = [];
  for await (const report of recording) reports.push(report);
  const first = reports[0]?.at ?? 0;
  for (;;) {
    const start = performance.now();
    for (const report of reports) {
      await sleep(start + (report.at - first) * 1000 - performance.now());
      yield report;
    }
    await sleep(PAUSE * 1000);
  }
}
