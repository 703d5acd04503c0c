import { parseEnvelope, STATUS_SOURCE } from '@viaduct/protocol';
import { sleep } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { BIG_CHANNEL, BOX, CHANNEL, FEATURES, type InnocentReport } from './innocent.js';

// A client in a process of its own, so that the attackers' work delays nothing that it measures. It publishes the messages
// that it waits for: both ends of a delay are on one clock.
const [url = '', redisUrl = '', address = ''] = process.argv.slice(2);

// In an attack of 8 s, a hundred or more of each are measured: with fewer, the 99th percentile would be the maximum.
const MESSAGE_INTERVAL_MS = 20;
const BIG_INTERVAL_MS = 1000;
const COMMAND_INTERVAL_MS = 50;
/** Vertices of a big message: about 100 KB, for the workers. */
const BIG_VERTICES = 4000;

process.on('disconnect', () => process.exit());

const redis = new Redis(redisUrl);
const socket = new WebSocket(url.replace('http', 'ws'), { localAddress: address });

/** When each message or command was sent, by its channel and number or its reference. */
const outstanding = new Map<string, number>();
const last = new Map<string, number>();
/** Envelopes that are missing from the answer to GET. */
let fieldsToCome = 0;
let report: InnocentReport = emptyReport();

function emptyReport(): InnocentReport {
  return { delays: [], answers: [], problems: [] };
}

function take(text: string): void {
  const { source, content, client_reference: reference } = parseEnvelope(text);
  const { status } = (content ?? {}) as { status?: unknown };
  if (source === STATUS_SOURCE && status === 'error') report.problems.push(`refused: ${text}`);
  if (reference !== null) {
    answered(reference);
    return;
  }
  if (source !== CHANNEL && source !== BIG_CHANNEL) return;
  const { n } = (content as { properties: { n: number } }).properties;
  const before = last.get(source) ?? n - 1;
  if (n !== before + 1) report.problems.push(`${source}: message ${n} came after ${before}`);
  last.set(source, n);
  const delay = since(`${source} ${n}`);
  if (source === CHANNEL) report.delays.push(delay);
}

function answered(reference: string): void {
  if (reference.startsWith('get') && --fieldsToCome > 0) return;
  if (outstanding.has(reference)) report.answers.push(since(reference));
}

function since(key: string): number {
  const at = outstanding.get(key) ?? Number.NaN;
  outstanding.delete(key);
  return performance.now() - at;
}

function publish(channel: string, n: number, geometry: object): void {
  outstanding.set(`${channel} ${n}`, performance.now());
  const feature = { type: 'Feature', id: n % FEATURES, geometry, properties: { n } };
  redis.publish(channel, JSON.stringify(feature)).catch((error: unknown) => {
    report.problems.push(String(error));
  });
}

function ask(command: string, reference: string): void {
  outstanding.set(reference, performance.now());
  socket.send(`${command} client_ref=${reference}`);
}

const bigLine = {
  type: 'LineString',
  coordinates: Array.from({ length: BIG_VERTICES }, (_, i) => [8.2 + i / 10_000, 47.3 + (i % 7) / 1000]),
};

function start(): void {
  let n = 0;
  setInterval(() => publish(CHANNEL, ++n, { type: 'Point', coordinates: [8.5, 47.4] }), MESSAGE_INTERVAL_MS);
  let big = 0;
  const publishBig = (): void => publish(BIG_CHANNEL, ++big, bigLine);
  publishBig();
  setInterval(publishBig, BIG_INTERVAL_MS);
  let asked = 0;
  setInterval(() => {
    // One command at a time: a gateway that is late must not get more.
    if (socket.readyState !== WebSocket.OPEN || fieldsToCome > 0 || outstanding.has(`box${asked}`)) return;
    if (++asked % 2 === 0) {
      ask(`BBOX ${BOX.join(' ')}`, `box${asked}`);
    } else {
      fieldsToCome = FEATURES;
      ask(`GET ${CHANNEL}`, `get${asked}`);
    }
  }, COMMAND_INTERVAL_MS);
}

/** Waits for what was sent so far, and returns what was measured since the last report. */
async function conclude(waitMs: number): Promise<InnocentReport> {
  const sent = [...outstanding.keys()];
  const end = performance.now() + waitMs;
  const missing = (): string[] => sent.filter((key) => outstanding.has(key));
  while (missing().length > 0 && socket.readyState === WebSocket.OPEN && performance.now() < end)
    await sleep(20);
  const concluded = report;
  const lost = missing();
  if (lost.length > 0)
    concluded.problems.push(`${lost.length} messages or answers are missing: ${lost.slice(0, 5)}`);
  report = emptyReport();
  return concluded;
}

socket.on('message', (data) => take(String(data)));
socket.on('error', (error) => report.problems.push(error.message));
socket.on('close', (code) => report.problems.push(`closed with ${code}`));
socket.once('open', () => {
  socket.send(`BBOX ${BOX.join(' ')}`);
  socket.send(`SUB ${CHANNEL}`);
  socket.send(`SUB ${BIG_CHANNEL} client_ref=ready`);
  socket.on('message', function ready(data) {
    if (parseEnvelope(String(data)).client_reference !== 'ready') return;
    socket.off('message', ready);
    start();
    process.send?.('ready');
  });
});
process.on('message', ({ waitMs }: { waitMs: number }) => {
  void conclude(waitMs).then((result) => process.send?.(result));
});
