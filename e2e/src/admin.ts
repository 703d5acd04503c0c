import { until } from '@viaduct/testkit/wait';
import type { GatewayContainer, Stack } from './stack.js';
import { CONTAINER_WAIT } from './time.js';
import type { World } from './world.js';

/** The parts of the answer to GET /admin/replicas that are used here, and how long it took. */
interface Replicas {
  complete: boolean;
  missing: string[];
  replicas: { connections: Record<string, number> }[];
  ms: number;
}

/** Asks inside the network, as operators do, because nginx does not forward to the port of the API. */
const ASK = `
const begun = performance.now();
const headers = { authorization: 'Bearer ' + process.env.ADMIN_TOKEN };
const answer = await fetch('http://127.0.0.1:' + process.env.ADMIN_PORT + '/admin/replicas', { headers });
console.log(JSON.stringify({ ...(await answer.json()), ms: performance.now() - begun }));`;

/** The time in which the API must answer, with a little for the request itself. */
const ANSWERS_WITHIN_MS = 2500;

/** The replicas know each other, and which of them does not answer. */
export async function checkAdmin({ stack, tally, crowd }: World): Promise<void> {
  const [one, other] = await stack.gateways();
  if (one === undefined || other === undefined) throw new Error('there should be several gateways');
  const all = await ask(stack, one);
  const connections = all.replicas.flatMap((replica) => Object.values(replica.connections));
  const sum = connections.reduce((total, count) => total + count, 0);
  tally.expect(
    'the admin API of one gateway reports all three and all clients',
    all.complete && all.replicas.length === 3 && sum >= crowd.clients.length,
    `${all.replicas.length} replicas, ${sum} connections, ${crowd.clients.length} clients`,
  );
  await stack.signal(other, 'SIGSTOP');
  const some = await ask(stack, one).finally(() => stack.signal(other, 'SIGCONT'));
  tally.expect(
    'with one that hangs it answers in time, and says that one is missing',
    !some.complete && some.missing.length === 1 && some.replicas.length === 2 && some.ms < ANSWERS_WITHIN_MS,
    `${some.replicas.length} replicas, ${some.missing.length} missing, ${Math.round(some.ms)} ms`,
  );
  await until(
    async () => (await ask(stack, one)).complete,
    'the admin API to be complete again',
    CONTAINER_WAIT,
  );
}

async function ask(stack: Stack, { id }: GatewayContainer): Promise<Replicas> {
  return JSON.parse(await stack.docker('exec', id, 'node', '--input-type=module', '-e', ASK)) as Replicas;
}
