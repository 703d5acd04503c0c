import { sleep } from '@viaduct/testkit/wait';
import { Crowd } from './crowd.js';
import { Publisher } from './publisher.js';
import { SocketIoClient } from './socket-io-client.js';
import { now } from './time.js';
import { times, type World } from './world.js';

const STEADY_MS = 8000;

/** Without faults, nothing is lost. */
export async function checkSteadyTraffic({ tally, crowd, prober }: World): Promise<void> {
  await crowd.settled();
  const from = now();
  await sleep(STEADY_MS);
  const report = await crowd.report(from, from + STEADY_MS);
  tally.expect(
    `${report.clients} clients of all transports receive every message`,
    report.affected === 0 && report.published > 0,
    `${report.published} messages, ${report.affected} clients affected, at most ${report.secondsWithoutData.toFixed(2)} s between two`,
  );
  tally.expect(
    'every command is answered',
    report.unanswered === 0 && report.commands > 0,
    `${report.commands} commands`,
  );
  const { made, failed, slowest, problems } = prober.between(from, from + STEADY_MS);
  tally.expect(
    'every new session begins',
    failed === 0 && made > 0,
    `${made} sessions, the slowest took ${slowest.toFixed(2)} s${problems.join('; ')}`,
  );
}

/** Polling clients, enough to be sure that each stays with its gateway. */
const POLLING_CLIENTS = 60;

/** Polling clients stay with their gateways while others are added, and new clients find the added ones. */
export async function checkStickiness(world: World, addGateways: () => Promise<void>): Promise<void> {
  const { tally, stack, prometheus } = world;
  const { http, redis } = stack.addresses;
  const publisher = new Publisher(redis, 'e2e-polling', 1);
  const clients = times(POLLING_CLIENTS, () => new SocketIoClient(http, publisher.channel, 'polling'));
  const polling = new Crowd(clients, publisher);
  try {
    await polling.settled();
    const used = 'count(sum by (instance) (viaduct_connections{transport="socket.io"}) >= 10) >= 3';
    tally.expect('polling clients are spread over the gateways', await prometheus.isTrue(used));
    await addGateways();
    await polling.settled();
    const stuck = clients.filter(({ ledger }) => ledger.attempts.length === 1);
    tally.expect(
      'polling clients stay with their gateways when others are added',
      stuck.length === clients.length,
      `${stuck.length} of ${clients.length}`,
    );
    const found = 'count(sum by (instance) (viaduct_connections_opened_total) > 0) == 5';
    tally.expect('new clients find all 5 gateways', await prometheus.isTrue(found));
  } finally {
    polling.stop();
    await publisher.stop();
  }
}
