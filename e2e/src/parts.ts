import { join } from 'node:path';
import { checkAdmin } from './admin.js';
import { CHANGES } from './changes.js';
import { checkAnotherRedis } from './external-redis.js';
import { FAULTS, MORE_GATEWAYS } from './faults.js';
import { type Measurement, measure } from './measure.js';
import {
  checkDashboards,
  checkGrafana,
  checkRules,
  checkSeriesOfRules,
  checkTargets,
} from './observability.js';
import { OpenPage } from './page.js';
import { checkDocumentedClient, checkLimits, checkPublicFace } from './public-face.js';
import { replaceAll } from './rolling.js';
import { checkSteadyTraffic, checkStickiness } from './steady.js';
import type { World } from './world.js';

export interface PartsOptions {
  root: string;
  /** Running services. */
  services: readonly string[];
  /** A browser; null omits what needs one. */
  chromiumPath: string | null;
}

/** Everything that is done to the running stack, in order. Returns the effect of each fault on the clients. */
export async function runParts(world: World, options: PartsOptions): Promise<Measurement[]> {
  const { tally, stack } = world;
  const { root, services, chromiumPath } = options;
  const measurements: Measurement[] = [];
  const note = (title: string, work: () => Promise<Measurement>) =>
    tally.part(title, async () => {
      measurements.push(await work());
    });
  await tally.part('steady traffic', () => checkSteadyTraffic(world));
  await tally.part('the public face', () => checkPublicFace(world));
  await tally.part('the documented client', () => checkDocumentedClient(world));
  await tally.part('Prometheus', () => checkTargets(world));
  await checkRules(world, join(root, 'deploy', 'prometheus', 'tests'));
  await tally.part('series of the rules', () =>
    checkSeriesOfRules(world, join(root, 'deploy', 'prometheus', 'rules')),
  );
  await tally.part('the admin API', () => checkAdmin(world));
  if (services.includes('grafana')) await tally.part('Grafana', () => checkGrafana(world));
  const page = chromiumPath === null ? null : await OpenPage.open(chromiumPath, `${stack.addresses.http}/`);
  if (page === null) tally.say('NOT RUN HERE: the page in a browser, because there is none');
  try {
    await checkPage(world, page, 'the page shows moving vehicles');
    await tally.part('stickiness', () =>
      checkStickiness(world, () => note(MORE_GATEWAYS.title, () => measure(world, MORE_GATEWAYS))),
    );
    for (const fault of FAULTS) await note(fault.title, () => measure(world, fault));
    await note('rolling replacement', () => replaceAll(world));
    for (const change of CHANGES) await note(change.title, () => measure(world, change));
    await checkPage(world, page, 'the page that was open all the time shows moving vehicles');
  } finally {
    await page?.close();
  }
  await tally.part('dashboards', () => checkDashboards(world, join(root, 'deploy', 'grafana', 'dashboards')));
  await world.stop();
  await tally.part('limits', () => checkLimits(world));
  await tally.part('another Redis', () => checkAnotherRedis(root, tally, services));
  return measurements;
}

async function checkPage({ tally }: World, page: OpenPage | null, title: string): Promise<void> {
  if (page === null) return;
  await tally.part(title, async () => {
    await page.live();
    tally.expect(title, true);
  });
}
