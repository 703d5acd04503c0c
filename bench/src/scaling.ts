import { medians, type Row } from './results.js';
import { VIADUCT, VIADUCT_BATCH, VIADUCT_IO } from './subjects.js';

/** Share of a core to use in the busiest hour, so that a gateway can take over clients of another one. */
const PLANNED = 0.6;

/** Returns one figure of the gateway. */
type Lookup = (scenario: string, key: string, name?: string, subject?: string) => number;

/**
 * The parts of docs/scaling.md that have figures, by the names of their markers.
 *
 * @throws Error that names the scenario if a figure is missing
 */
export function scalingParts(rows: readonly Row[]): Readonly<Record<string, string>> {
  const settled = medians(rows);
  const lookup: Lookup = (scenario, key, name = '', subject = VIADUCT.name) => {
    const row = settled.find(
      (each) => each.scenario === scenario && each.subject === subject && each.case === name,
    );
    const value = row?.values[key];
    if (typeof value === 'number') return value;
    throw new Error(
      `there is no "${key}" of ${scenario} (${subject}${name && `, ${name}`}); run everything, or add results with --from`,
    );
  };
  return {
    run: run(settled),
    growth: growth(lookup),
    clients: clients(lookup),
    bounds: bounds(lookup),
    gateways: gateways(lookup),
    first: first(lookup),
  };
}

function run(rows: readonly Row[]): string {
  const setups = rows.map(({ setup: { began, machine } }) => `${began.slice(0, 10)} (${machine})`);
  return `All figures on this page come from the [measurements](performance.md#the-figures) of
${[...new Set(setups)].join(', ')}. The letters name the scenario. \`npm run bench -- --doc\` inserts your own results.`;
}

function growth(of: Lookup): string {
  const io = VIADUCT_IO.name;
  const rows = [
    ['messages from Redis', `${us(of('COST', 'message'))} each`, 'received, checked and parsed once', 'COST'],
    [
      'projections in use',
      `${us(of('COST', 'audience'))} for each message and audience`,
      'projected and encoded once for each',
      'COST, C',
    ],
    [
      'clients that see a message',
      `${us(of('COST', 'delivery'))} for each delivery, and ${us(of('COST', 'write'))} for each write`,
      'a delivery is a reference; a write is a system call, at most `1000 / FLUSH_MS` per second and client',
      'COST, F',
    ],
    [
      'clients that do not see a message',
      `${round(of('GROWTH', 'ratio', '10000 connected'))} times the CPU per message with ten times the clients`,
      'the index tests only boxes near the message',
      'GROWTH',
    ],
    [
      'boxes that move',
      `${us(of('PAN', 'usPerChange'))} for each change`,
      'one command and one update of the index',
      'PAN',
    ],
    [
      'connections',
      `${round(of('M', 'each', 'connection'))} kB each (socket.io: ${round(of('M', 'each', 'connection', io))} kB), ${round(of('M', 'each', 'further subscription'))} kB for each further subscription`,
      "mostly Node's own socket",
      'M',
    ],
    [
      'clients that connect',
      `${us(of('STORM', 'usPerConnection'))} each; ${round(of('STORM', 'perSecond'))} per second on one gateway (socket.io: ${us(of('STORM', 'usPerConnection', '', io))}, ${round(of('STORM', 'perSecond', '', io))})`,
      'the handshake',
      'STORM',
    ],
    [
      'snapshots',
      `${us(of('E', 'usPerMessage', '1 client, epsg:4326'))} for each value, ${us(of('E', 'usPerMessage', '10 clients at once, epsg:3857'))} if ten clients request the hash at the same time`,
      'one read serves all requests of the same time',
      'E',
    ],
    [
      'gateways',
      `for Redis, ${us(redisPerGateway(of))} more for each message and gateway`,
      'Redis sends every message to each subscribed gateway',
      'SCALE',
    ],
  ];
  return table(['...', 'cost', 'why', 'seen in'], rows);
}

function clients(of: Lookup): string {
  const boxes = of('G', 'usPerDelivery', '2000 messages/s');
  const rows = [1, 4, 20].map((rate) => [
    `has its own box, receives ${rate} ${rate === 1 ? 'message' : 'messages'} per second`,
    'G, 2,000/s',
    ...capacityCells(boxes, rate),
  ]);
  const everything: [string, string, string, number][] = [
    ['receives everything, 50 messages per second', 'F, 50/s', '50 messages/s', 50],
    ['the same with `FLUSH_MS=50`', 'F, `FLUSH_MS=50`', '50 messages/s, FLUSH_MS=50', 50],
    ['receives everything, 200 messages per second', 'F, 200/s', '200 messages/s', 200],
  ];
  for (const [what, seen, name, rate] of everything) {
    rows.push([what, seen, ...capacityCells(of('F', 'usPerDelivery', name), rate)]);
  }
  const [cpu, deliveries] = capacityCells(1e6 / of('IO', 'perCpu', '', VIADUCT_IO.name), 1);
  rows.push([
    'socket.io without batches, at the maximum rate',
    'IO',
    cpu ?? '',
    deliveries ?? '',
    `${deliveries} divided by the messages per second of each`,
  ]);
  return table(
    ['what a client does', 'measured', 'CPU per delivery', 'deliveries/s at 60 %', 'clients'],
    rows,
  );
}

function bounds(of: Lookup): string {
  const connections = capacity(of('G', 'usPerDelivery', '2000 messages/s'));
  const each = of('M', 'each', 'connection');
  const ratio = of('M', 'each', 'connection', VIADUCT_IO.name) / each;
  const deliveries = capacity(of('F', 'usPerDelivery', '200 messages/s'));
  const bytes = of('A', 'bytes');
  const deflated = of('DEFLATE', 'bytes', 'DEFLATE=on') / of('DEFLATE', 'bytes', 'DEFLATE=off');
  return `- **Memory**: ${round(connections)} connections are ${round(connections)} × ${round(each)} kB = ${round((connections * each) / 1e3)} MB, in
  addition to the ${round(of('M', 'before', 'connection'))} MB of a new gateway; with socket.io they need ${round(ratio)} times as much. Each slow client adds
  its queue, at most \`MAX_QUEUE_BYTES\`.
- **Bandwidth**: ${round(deliveries)} deliveries of ${round(bytes, 3)} bytes are ${round((deliveries * bytes) / 1e6)} MB per second. \`DEFLATE=on\` shrinks
  messages of 2 KiB to ${round(deflated * 100)} %.`;
}

function gateways(of: Lookup): string {
  const each = rounded(capacity(of('G', 'usPerDelivery', '2000 messages/s')) / 4);
  const wanted = 20_000;
  const needed = Math.ceil(wanted / each);
  const perSecond = of('STORM', 'perSecond');
  const [one, more] = [of('SCALE', 'redis', '1 gateway'), redisPerGateway(of)];
  const ten = one + 9 * more;
  return `The additional one takes over the clients of a gateway that restarts or fails. With ${round(wanted)} clients that have their own
box and receive 4 messages per second: ${round(wanted)} / ${round(each)} → ${needed}, and one more: ${needed + 1} gateways.

- **If a gateway fails**, its clients reconnect to the others at once. 5,000 of them on three gateways are 1,670 each, which
  take ${round(1670 / perSecond)} s to connect (STORM). During a planned restart, \`DRAIN_MS\` spreads them.
- **Several gateways on one machine** need one core each. Two on two cores delivered ${round(of('SCALE', 'ratio', '2 gateways'), 3)} times as much as
  one, with clients, Redis and publisher on two other cores (SCALE).
- **Redis** needs ${us(one)} for a message with one gateway and ${us(of('SCALE', 'redis', '2 gateways'))} with two (SCALE). If ten gateways subscribe to
  every channel, that is ${us(ten)}, and ${round(1e6 / ten)} messages per second use all of its core. Gateways subscribe only to the channels
  of their clients, so it helps to divide features among several hashes and channels, and then channels among several
  Redis servers.`;
}

function first(of: Lookup): string {
  const flush =
    of('F', 'usPerDelivery', '50 messages/s, FLUSH_MS=50') / of('F', 'usPerDelivery', '50 messages/s');
  const batches = of('IO', 'perCpu', '', VIADUCT_BATCH.name) / of('IO', 'perCpu', '', VIADUCT_IO.name);
  const heap = of('B', 'max', '32 MB semi-spaces') / of('B', 'max', "Node's default");
  return `1. **More messages than people can follow?** With \`FLUSH_MS=50\`, clients in a steady stream cost ${round(flush)} times as much (F).
2. **socket.io clients** that connect with \`auth: { batch: true }\` receive ${round(batches)} times as many deliveries for the same CPU, at
   the maximum rate (IO).
3. **Large messages**: a coarser \`precision\` in PROJECTION makes lines shorter; \`DEFLATE=on\` trades CPU for bandwidth.
4. **Outside the image**, set \`NODE_OPTIONS=--max-semi-space-size=32\`, as the image does: a gateway then delivers ${round(heap, 3)} times
   as much to clients with boxes (B).`;
}

/** Additional cost of a message for Redis with one more gateway, in microseconds. */
function redisPerGateway(of: Lookup): number {
  return of('SCALE', 'redis', '2 gateways') - of('SCALE', 'redis', '1 gateway');
}

/** Deliveries per second at {@link PLANNED}, given the CPU of one in microseconds. */
function capacity(cpu: number): number {
  return rounded((PLANNED * 1e6) / cpu);
}

/** CPU per delivery, deliveries per second, and clients that receive `rate` messages per second each. */
function capacityCells(cpu: number, rate: number): string[] {
  return [us(cpu, 3), round(capacity(cpu)), round(capacity(cpu) / rate)];
}

function us(microseconds: number, digits = 2): string {
  return microseconds < 1000
    ? `${round(microseconds, digits)} µs`
    : `${round(microseconds / 1000, digits)} ms`;
}

function rounded(value: number, digits = 2): number {
  return Number(value.toPrecision(digits));
}

function round(value: number, digits = 2): string {
  return rounded(value, digits).toLocaleString('en-GB', { maximumFractionDigits: 6 });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
