import { medians, type Row } from './results.js';
import { VIADUCT, VIADUCT_BATCH, VIADUCT_IO } from './subjects.js';

/** Part of a core that a gateway may use in the busiest hour, so that it can carry clients of another one. */
const PLANNED = 0.6;

/** Looks up one figure of the gateway. */
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
  return `All figures on this page are written from the [measurements](performance.md#the-figures) of
${[...new Set(setups)].join(', ')}; the letters name the scenario. \`npm run bench -- --doc\` puts in your own.`;
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
      'clients that do not see it',
      `${round(of('GROWTH', 'ratio', '10000 connected'))} times the CPU per message with ten times the clients`,
      'the index of boxes looks only where the message is',
      'GROWTH',
    ],
    [
      'boxes that move',
      `${us(of('PAN', 'usPerChange'))} for each change`,
      'a command and an update of the index',
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
      `${us(of('E', 'usPerMessage', '1 client, epsg:4326'))} for each value, ${us(of('E', 'usPerMessage', '10 clients at once, epsg:3857'))} if ten clients ask at the same time`,
      'read once for all who ask at the same time',
      'E',
    ],
    [
      'gateways',
      `for Redis, ${us(redisPerGateway(of))} more for each message and gateway`,
      'Redis sends every message to each gateway that wants its channel',
      'SCALE',
    ],
  ];
  return table(['...', 'cost', 'why', 'seen in'], rows);
}

function clients(of: Lookup): string {
  const boxes = of('G', 'usPerDelivery', '2000 messages/s');
  const rows = [1, 4, 20].map((rate) => [
    `looks at its own box, gets ${rate} ${rate === 1 ? 'message' : 'messages'} per second`,
    'G, 2,000/s',
    ...capacityCells(boxes, rate),
  ]);
  const everything: [string, string, string, number][] = [
    ['sees everything, 50 messages per second', 'F, 50/s', '50 messages/s', 50],
    ['the same with `FLUSH_MS=50`', 'F, `FLUSH_MS=50`', '50 messages/s, FLUSH_MS=50', 50],
    ['sees everything, 200 messages per second', 'F, 200/s', '200 messages/s', 200],
  ];
  for (const [what, seen, name, rate] of everything) {
    rows.push([what, seen, ...capacityCells(of('F', 'usPerDelivery', name), rate)]);
  }
  const [cpu, deliveries] = capacityCells(1e6 / of('IO', 'perCpu', '', VIADUCT_IO.name), 1);
  rows.push([
    'socket.io without batches, at the ceiling',
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
  return `- **Memory**: ${round(connections)} connections are ${round(connections)} × ${round(each)} kB = ${round((connections * each) / 1e3)} MB above the
  ${round(of('M', 'before', 'connection'))} MB with which a gateway starts; with socket.io they take ${round(ratio)} times that. Queues for slow
  clients come on top, at most \`MAX_QUEUE_BYTES\` each.
- **Bandwidth**: ${round(deliveries)} deliveries of ${round(bytes, 3)} bytes are ${round((deliveries * bytes) / 1e6)} MB per second. \`DEFLATE=on\` makes messages
  of 2 KiB ${round(deflated)} times as long.`;
}

function gateways(of: Lookup): string {
  const each = rounded(capacity(of('G', 'usPerDelivery', '2000 messages/s')) / 4);
  const wanted = 20_000;
  const needed = Math.ceil(wanted / each);
  const perSecond = of('STORM', 'perSecond');
  const [one, more] = [of('SCALE', 'redis', '1 gateway'), redisPerGateway(of)];
  const ten = one + 9 * more;
  return `The extra one carries the others' clients while one is restarted or lost. With ${round(wanted)} clients that look at their own
boxes and get 4 messages per second: ${round(wanted)} / ${round(each)} → ${needed}, and one more: ${needed + 1} gateways.

- **When one is lost**, its clients come back to the others at once. 5,000 of them on three gateways are 1,670 each, which
  take ${round(1670 / perSecond)} s to connect (STORM). In a planned restart \`DRAIN_MS\` spreads them.
- **Several gateways on one machine** need a core each; two on two cores carried ${round(of('SCALE', 'ratio', '2 gateways'), 3)} times as much as
  one, with clients, Redis and publisher on the other two (SCALE).
- **Redis** spends ${us(one)} on a message with one gateway and ${us(of('SCALE', 'redis', '2 gateways'))} with two (SCALE). With ten gateways that all want
  every message, the same measure gives ${us(ten)}, so ${round(1e6 / ten)} messages per second fill its core. Gateways subscribe only
  to what their clients want, so it helps to spread features over several hashes and channels; a Redis for each group of
  channels helps further.`;
}

function first(of: Lookup): string {
  const flush =
    of('F', 'usPerDelivery', '50 messages/s, FLUSH_MS=50') / of('F', 'usPerDelivery', '50 messages/s');
  const batches = of('IO', 'perCpu', '', VIADUCT_BATCH.name) / of('IO', 'perCpu', '', VIADUCT_IO.name);
  const heap = of('B', 'max', '32 MB semi-spaces') / of('B', 'max', "Node's default");
  return `1. **More messages than eyes can follow?** With \`FLUSH_MS=50\`, clients in a steady stream cost ${round(flush)} times as much (F).
2. **socket.io clients** that connect with \`auth: { batch: true }\` get ${round(batches)} times as many deliveries from the same CPU at
   the ceiling (IO).
3. **Large messages**: a coarser \`precision\` in PROJECTION makes lines shorter; \`DEFLATE=on\` trades CPU for bandwidth.
4. **In Node's default heap**, \`NODE_OPTIONS=--max-semi-space-size=32\` carries ${round(heap, 3)} times as many deliveries to clients
   with boxes (B); the image sets it.`;
}

/** What Redis spends on a message for one more gateway, in microseconds. */
function redisPerGateway(of: Lookup): number {
  return of('SCALE', 'redis', '2 gateways') - of('SCALE', 'redis', '1 gateway');
}

/** Deliveries per second at {@link PLANNED}, given the CPU of one in microseconds. */
function capacity(cpu: number): number {
  return rounded((PLANNED * 1e6) / cpu);
}

/** CPU per delivery, deliveries per second, and clients that get `rate` messages per second each. */
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
