import { now, sleep } from './time.js';
import type { World } from './world.js';

const STEADY_MS = 8000;

/** While nothing happens, nothing is lost. */
export async function checkSteadyTraffic({ tally, crowd, prober }: World): Promise<void> {
  await crowd.settled();
  const from = now();
  await sleep(STEADY_MS);
  await crowd.settled();
  const toll = crowd.toll(from, now());
  tally.expect(
    `${toll.clients} clients of all doors get every message`,
    toll.affected === 0 && toll.published > 0,
    `${toll.published} messages, ${toll.affected} clients affected, at most ${toll.secondsWithoutData.toFixed(2)} s between two`,
  );
  // A command of the last moment may still be under way.
  const answered = crowd.toll(from, from + STEADY_MS - 1000);
  tally.expect(
    'every command is answered',
    answered.unanswered === 0 && answered.commands > 0,
    `${answered.commands} commands`,
  );
  const { made, failed, slowest, problems } = prober.between(from, from + STEADY_MS);
  tally.expect(
    'every new session begins',
    failed === 0 && made > 0,
    `${made} sessions, the slowest took ${slowest.toFixed(2)} s${problems.join('; ')}`,
  );
}

/** Polling clients stay with their gateways while others are added, and newcomers find the added ones. */
export async function checkStickiness({ tally, crowd, prometheus }: World): Promise<void> {
  const polling = crowd.clients.filter(({ door }) => door === 'socket.io over polling');
  const stuck = polling.filter(({ ledger }) => ledger.attempts.length === 1);
  tally.expect(
    'polling clients stay with their gateways when others are added',
    stuck.length === polling.length && polling.length > 0,
    `${stuck.length} of ${polling.length}`,
  );
  const used = 'count(sum by (instance) (viaduct_connections{transport="socket.io"}) >= 10) >= 3';
  tally.expect('they are spread over the gateways that there were', await prometheus.isTrue(used));
  const found = 'count(sum by (instance) (rate(viaduct_connections_opened_total[15s])) > 0) == 5';
  tally.expect('newcomers find all 5 gateways', await prometheus.isTrue(found));
}
