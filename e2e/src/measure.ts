import { until } from '@viaduct/testkit/wait';
import type { Toll } from './crowd.js';
import type { Fault } from './faults.js';
import type { Probes } from './prober.js';
import { now, SLOWLY } from './time.js';
import type { World } from './world.js';

/** The effect of a fault on the clients. */
export interface Measurement {
  title: string;
  operatorSees: string;
  toll: Toll;
  probes: Probes;
}

/** Causes a fault under traffic, waits until everything has recovered, and compares with the promise. */
export async function measure(world: World, fault: Fault): Promise<Measurement> {
  const { tally, stack, crowd, prober, prometheus } = world;
  await crowd.settled();
  const from = now();
  await fault.act(stack);
  const { recoversWithin } = fault.promise;
  const seconds = (now() - from) / 1000;
  if (recoversWithin !== undefined) {
    tally.expect(
      `${fault.title}: healthy again in ${recoversWithin} s`,
      seconds <= recoversWithin,
      `${seconds.toFixed(1)} s`,
    );
  }
  await crowd.settled();
  const to = now();
  await until(() => prober.pending < 3, 'the last probes to end', SLOWLY);
  const measurement = {
    title: fault.title,
    operatorSees: fault.operator.sees,
    toll: await crowd.toll(from, to),
    probes: prober.between(from, to),
  };
  judge(world, fault, measurement);
  tally.expect(`${fault.title}: the operator sees it`, await prometheus.isTrue(fault.operator.query));
  return measurement;
}

function judge({ tally }: World, { title, promise }: Fault, { toll, probes }: Measurement): void {
  const { made, failed, slowest, problems } = probes;
  const failures = promise.failedSessions ?? 0;
  tally.expect(
    `${title}: ${failures === 0 ? 'every' : 'almost every'} new session begins`,
    made > failed && failed <= failures,
    `${failed} of ${made} failed, the slowest took ${slowest.toFixed(1)} s${problems.length > 0 ? `: ${problems.join('; ')}` : ''}`,
  );
  tally.expect(
    `${title}: nobody is without data for more than ${promise.secondsWithoutData} s`,
    toll.secondsWithoutData <= promise.secondsWithoutData,
    `${toll.secondsWithoutData.toFixed(1)} s; ${toll.affected} of ${toll.clients} clients affected, ${toll.losses} connections lost, ${toll.missed} of ${toll.published} messages missed at most, ${toll.unanswered} of ${toll.commands} commands unanswered`,
  );
  if (promise.losesNothing) {
    tally.expect(
      `${title}: nobody who is subscribed misses a message`,
      toll.missedWhileSubscribed === 0 && toll.published > 0,
      `${toll.missedWhileSubscribed} missed${toll.missedBy}`,
    );
  }
}
