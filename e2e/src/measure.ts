import { until } from '@viaduct/testkit/wait';
import type { CrowdReport } from './crowd.js';
import type { Fault } from './faults.js';
import type { Probes } from './prober.js';
import { CONTAINER_WAIT, now } from './time.js';
import type { World } from './world.js';

/** The effect of a fault on the clients. */
export interface Measurement {
  title: string;
  operatorSees: string;
  report: CrowdReport;
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
  await until(() => prober.pending < 3, 'the last probes to end', CONTAINER_WAIT);
  const measurement = {
    title: fault.title,
    operatorSees: fault.operator.sees,
    report: await crowd.report(from, to),
    probes: prober.between(from, to),
  };
  judge(world, fault, measurement);
  tally.expect(`${fault.title}: the operator sees it`, await prometheus.isTrue(fault.operator.query));
  return measurement;
}

function judge({ tally }: World, { title, promise }: Fault, { report, probes }: Measurement): void {
  const { made, failed, slowest, problems } = probes;
  const failures = promise.failedSessions ?? 0;
  tally.expect(
    `${title}: ${failures === 0 ? 'every' : 'almost every'} new session begins`,
    made > failed && failed <= failures,
    `${failed} of ${made} failed, the slowest took ${slowest.toFixed(1)} s${problems.length > 0 ? `: ${problems.join('; ')}` : ''}`,
  );
  tally.expect(
    `${title}: nobody is without data for more than ${promise.secondsWithoutData} s`,
    report.secondsWithoutData <= promise.secondsWithoutData,
    `${report.secondsWithoutData.toFixed(1)} s; ${report.affected} of ${report.clients} clients affected, ${report.losses} connections lost, ${report.missed} of ${report.published} messages missed at most, ${report.unanswered} of ${report.commands} commands unanswered`,
  );
  if (promise.losesNothing) {
    tally.expect(
      `${title}: nobody who is subscribed misses a message`,
      report.missedWhileSubscribed === 0 && report.published > 0,
      `${report.missedWhileSubscribed} missed${report.missedBy}`,
    );
  }
}
