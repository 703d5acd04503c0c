import { sleep } from '@viaduct/testkit/wait';
import { Crowd, type CrowdReport } from './crowd.js';
import { type Measurement, measure } from './measure.js';
import { Publisher } from './publisher.js';
import { RawClient } from './raw-client.js';
import { now } from './time.js';
import { times, type World } from './world.js';

const CONNECTIONS = 2000;
/** How many connect at a time while the crowd gathers. */
const VOLLEY = 100;
const MESSAGES_A_SECOND = 1;

/** Maximum number of attempts to connect per second, which docs/operations.md promises for this many clients. */
const MAX_ATTEMPTS_A_SECOND = 250;

const TITLE = `all 3 gateways replaced one after the other (deploy/roll.sh), ${CONNECTIONS} further connections`;

/** Replaces all gateways under many clients that reconnect after a fixed, short time. */
export async function replaceAll(world: World): Promise<Measurement> {
  const { stack, tally } = world;
  const publisher = new Publisher(stack.addresses.redis, 'e2e-many', MESSAGES_A_SECOND);
  const url = await stack.addressForMany();
  const clients: RawClient[] = [];
  while (clients.length < CONNECTIONS) {
    clients.push(...times(VOLLEY, () => new RawClient({ url, channel: publisher.channel, watchful: false })));
    await sleep(200);
  }
  const many = new Crowd(clients, publisher);
  try {
    await many.settled();
    const before = new Set((await stack.gateways()).map(({ id }) => id));
    const from = now();
    const measurement = await measure(world, {
      title: TITLE,
      act: async () => {
        await stack.script('deploy/roll.sh');
        await many.settled();
      },
      promise: { secondsWithoutData: 5, losesNothing: true },
      operator: {
        sees: 'connections closed with 1012, then the same number opened; all gateways new',
        query: 'sum(increase(viaduct_connections_closed_total{code="1012"}[2m])) > 0',
      },
    });
    const to = now();
    const after = await stack.gateways();
    tally.expect(
      'rolling: every gateway is a new one',
      after.length === 3 && !after.some(({ id }) => before.has(id)),
    );
    const report = await many.report(from, to);
    judge(world, report, many.busiestSecond(from, to));
    return { ...measurement, report: together(measurement.report, report) };
  } finally {
    many.stop();
    await publisher.stop();
  }
}

function judge({ tally }: World, report: CrowdReport, busiestSecond: number): void {
  tally.expect(
    `rolling: of ${CONNECTIONS} clients, no subscribed one misses a message`,
    report.missedWhileSubscribed === 0 && report.published > 0,
    `${report.missedWhileSubscribed} missed${report.missedBy}; at most ${report.secondsWithoutData.toFixed(1)} s without data at a message every ${1 / MESSAGES_A_SECOND} s`,
  );
  tally.expect('rolling: all of them reconnect', report.losses >= CONNECTIONS, `${report.losses} times`);
  tally.expect(
    `rolling: at most ${MAX_ATTEMPTS_A_SECOND} attempts to connect in any second`,
    busiestSecond > 0 && busiestSecond <= MAX_ATTEMPTS_A_SECOND,
    String(busiestSecond),
  );
}

/** One result for both crowds; the messages are those of the busier channel. */
function together(a: CrowdReport, b: CrowdReport): CrowdReport {
  return {
    ...a,
    clients: a.clients + b.clients,
    affected: a.affected + b.affected,
    secondsWithoutData: Math.max(a.secondsWithoutData, b.secondsWithoutData),
    losses: a.losses + b.losses,
    commands: a.commands + b.commands,
    unanswered: a.unanswered + b.unanswered,
  };
}
