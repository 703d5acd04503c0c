import { sleep } from '@viaduct/testkit/wait';
import { io } from 'socket.io-client';
import type { World } from './world.js';
import { times } from './world.js';

const SECRET = 'never-to-be-logged';
const SPOOFED = '203.0.113.7';
const MARK = '/the-mark-of-a-spoofed-address';

/** Paths of a gateway that must not be reachable from outside, also in disguise. */
const PRIVATE = [
  '/metrics',
  '//metrics',
  '/%6detrics',
  '/readyz',
  '/socket.io/../metrics',
  '/stub_status',
  '/gateways',
  '/check',
  '/admin/replicas',
  '//socket.io/?EIO=4&transport=polling',
  '/%73ocket.io/?EIO=4&transport=polling',
];

/** Enough to reach every gateway several times. */
const CLIENTS = 20;

/** How long such a client may take to connect and get an answer, in milliseconds. */
const ANSWER_MS = 20_000;

interface LogLine {
  path: string;
  client: string;
}

/** What nginx shows to the outside, what it hides, and what it logs. */
export async function checkPublicFace({ stack, tally }: World): Promise<void> {
  const { http } = stack.addresses;
  const page = await fetch(`${http}/`);
  tally.expect('nginx serves the page', page.status === 200 && (await page.text()).includes('<html'));
  for (const path of PRIVATE) {
    const { status } = await fetch(`${http}${path}`);
    tally.expect(`${path} is hidden`, status === 404, String(status));
  }
  const health = await fetch(`${http}/healthz`);
  tally.expect('/healthz reports nginx itself', health.status === 200);

  const secrets = { referer: `http://x/?token=${SECRET}` };
  await fetch(`${http}/socket.io/?EIO=4&transport=polling&token=${SECRET}`, { headers: secrets });
  await fetch(`${http}/nothing?key=${SECRET}`, { headers: secrets });
  await fetch(`${http}${MARK}`, { headers: { 'x-forwarded-for': SPOOFED, 'x-real-ip': SPOOFED } });
  await sleep(500);
  const log = await stack.logs('nginx');
  tally.expect('no token or key of a query string is in the logs', !log.includes(SECRET));
  const lines = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
  const marked = lines.find(({ path }) => path === MARK);
  tally.expect('the access log is JSON, with the path', marked !== undefined);
  tally.expect('an address that a client claims is not believed', marked?.client !== SPOOFED, marked?.client);
}

/** Clients as the documents show them, from Node, without cookies, work with several gateways. */
export async function checkDocumentedClient({ stack, tally }: World): Promise<void> {
  const sockets = times(CLIENTS, () =>
    io(stack.addresses.http, { transports: ['websocket', 'polling'], forceNew: true, reconnection: false }),
  );
  try {
    const answers = await Promise.all(
      sockets.map((socket): Promise<{ status: string }> => socket.timeout(ANSWER_MS).emitWithAck('ping', {})),
    );
    const ok = answers.filter(({ status }) => status === 'ok').length;
    tally.expect('clients connect as the README shows, from Node', ok === CLIENTS, `${ok} of ${CLIENTS}`);
  } finally {
    for (const socket of sockets) socket.disconnect();
  }
}

/** Too many new clients from one address receive 429, and nginx logs nothing worse. */
export async function checkLimits({ stack, tally, prometheus }: World): Promise<void> {
  const limits = { NGINX_MAX_ARRIVALS: '1', NGINX_MAX_ARRIVALS_BURST: '4' };
  await stack.compose(['up', '--detach', '--no-deps', '--wait', 'nginx'], limits);
  const endpoint = `${stack.addresses.http}/socket.io/?EIO=4&transport=polling`;
  const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(endpoint)).status));
  const count = (status: number) => statuses.filter((candidate) => candidate === status).length;
  tally.expect(
    'of 20 new clients at once beyond a limit of 5, the rest receive 429',
    count(200) >= 5 && count(200) <= 6 && count(200) + count(429) === 20,
    `${count(200)} of 200, ${count(429)} of 429`,
  );
  const counted = await prometheus.isTrue('sum(viaduct_edge_answers_total{status="429"}) >= 14');
  tally.expect('the refusals of nginx are counted', counted);
}
