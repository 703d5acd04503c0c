/** The test files about faults: what breaks, hangs, restarts, stalls or leaves, and what clients see of it. */
export const FAULT_SUITES = [
  'packages/client/test/reconnect.test.ts',
  'packages/client/test/snapshot.test.ts',
  'services/gateway/test/session/afterlife.test.ts',
  'services/gateway/test/replicas/replica-faults.long.test.ts',
  'services/gateway/test/replicas/replica-topology.long.test.ts',
  'services/gateway/test/sources/redis/failover.long.test.ts',
  'services/gateway/test/sources/redis/faults.test.ts',
  'services/gateway/test/state/gaps.test.ts',
  'services/gateway/test/lifecycle.test.ts',
  'services/gateway/test/state/recovery.long.test.ts',
  'services/gateway/test/sources/redis/cluster.long.test.ts',
  'services/gateway/test/sources/redis/sentinel.long.test.ts',
  'services/gateway/test/sources/redis/slow-subscriber.test.ts',
  'services/gateway/test/sources/redis/source.test.ts',
  'services/gateway/test/sources/redis/streams.test.ts',
  'services/gateway/test/delivery/slow-clients.long.test.ts',
  'services/gateway/test/state/stalled-gets.test.ts',
  'services/gateway/test/delivery/stalled-thousand.alone.test.ts',
  'services/gateway/test/sources/streams.test.ts',
  'services/gateway/test/state/subscribe-snapshot.test.ts',
  'services/gateway/test/state/subscribe-snapshot-ends.test.ts',
];

/**
 * Those whose path contains any of the words.
 *
 * @param {string[]} words none for all
 * @returns {string[]}
 * @throws {Error} where a word is in none of them, so that a run never leaves out what was asked for
 */
export function faultSuites(words) {
  const unknown = words.find((word) => !FAULT_SUITES.some((file) => file.includes(word)));
  if (unknown !== undefined) {
    throw new Error(
      `No suite about faults has "${unknown}" in its path. There are:\n${FAULT_SUITES.join('\n')}`,
    );
  }
  return words.length === 0
    ? FAULT_SUITES
    : FAULT_SUITES.filter((file) => words.some((word) => file.includes(word)));
}
