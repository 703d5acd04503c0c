import { randomUUID } from 'node:crypto';
import { ERROR_CODES } from '@viaduct/protocol';
import { RawClient, TRANSPORT_NAMES, TRANSPORTS, type TransportName } from '@viaduct/testkit/clients';
import { SECRET as JWT_SECRET, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import type { Scrape } from '@viaduct/testkit/metrics';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageVersion } from '../../src/config/version.js';
import type { MetricSpec } from '../../src/observability/metric-spec.js';
import { METRICS } from '../../src/observability/metric-table.js';

/** Names that clients choose; none of them may appear in a scrape. */
const SECRET = randomUUID();
/** A close code that a client makes up. */
const CLOSE_CODE = 4321;
const COMMANDS = ['GET', 'PGET', 'SUB', 'DEL', 'PING', 'BBOX', 'PROJECTION', 'BUFFER', 'RESET', 'TOKEN'];
/** A channel that the operator names. */
const WATCHED = 'watched:by-name';

const TABLE: Readonly<Record<string, MetricSpec>> = METRICS;

/** Values of labels whose values the table only describes. */
const DESCRIBED: Record<string, readonly string[]> = {
  key: [''],
  command: [...COMMANDS, 'unknown'],
  channel: [WATCHED],
  version: [packageVersion()],
  node: [process.versions.node],
};

let scrape: Scrape;

/** Name of the metric that a sample belongs to: histograms have samples with endings. */
function metricOf(name: string): string {
  const base = name.replace(/_(bucket|sum|count)$/u, '');
  return scrape.types.get(base) === 'histogram' ? base : name;
}

/** Makes every kind of traffic through that transport. */
async function talk(
  transport: TransportName,
  gateway: GatewayProcess,
  publish: (text: string) => Promise<unknown>,
) {
  const client = await TRANSPORTS[transport](gateway.url);
  const channel = `open:${SECRET}`;
  await client.run(`SUB ${channel} ${SECRET}`);
  await client.run(`SUB ${channel} snapshot=true since=1-0 client_ref=${SECRET}`);
  await client.run('BBOX 0 0 10 10');
  await publish('{"type":"Point","coordinates":[5,5]}');
  await publish('{"type":"Point","coordinates":[50,50]}');
  await publish('no JSON');
  await publish('"last"');
  await client.inbox.next(({ content }) => content === 'last');
  await client.run('PROJECTION epsg:3857');
  await client.run('BUFFER 2 100');
  await client.run('BUFFER');
  await client.run('RESET');
  await client.run(`GET open:${SECRET}`);
  await client.run(`PGET open:${SECRET} ${SECRET}`);
  await client.run('PING');
  await client.run(`GET ${SECRET}`);
  await client.run(`${SECRET} a b`);
  await client.run(`DEL ${channel}`);
  await client.run(`TOKEN ${await sign({ channels: [SECRET], jti: SECRET })}`);
}

beforeAll(async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: 'open:*',
    WATCH_CHANNELS: `${WATCHED}=60s`,
    ANONYMOUS_CHANNELS: 'open:*',
    JWT_SECRET,
    ADMIN_TOKEN: 'a-token-of-the-operators',
  });
  for (const transport of TRANSPORT_NAMES) {
    await talk(transport, gateway, (text) => redis.publish(`open:${SECRET}`, text));
  }
  const left = await RawClient.connect(gateway.url);
  left.socket.close(CLOSE_CODE, SECRET);
  await left.closed;
  await eventually(async () => {
    expect((await gateway.scrape()).sum('viaduct_connections_closed_total')).toBe(1);
  });
  scrape = await gateway.scrape();
});

test('a scrape has every metric of the table, and no other', () => {
  const own = [...scrape.types.keys()].filter((name) => name.startsWith('viaduct_'));
  expect(own.sort()).toEqual(Object.keys(METRICS).sort());
  for (const name of own) {
    const { type, help } = TABLE[name] ?? {};
    expect([name, scrape.types.get(name), scrape.helps.get(name)]).toEqual([name, type, help]);
  }
});

test('the versions of the gateway and of Node.js are there', () => {
  const labels = { version: packageVersion(), node: process.versions.node };
  expect(scrape.sum('viaduct_build_info', labels)).toBe(1);
});

test('there are metrics of the runtime, too', () => {
  for (const name of ['process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']) {
    expect(scrape.sum(name)).toBeGreaterThan(1_000_000);
  }
  expect(scrape.sum('process_cpu_seconds_total')).toBeGreaterThan(0);
});

test('every sample belongs to a metric with a type, and no sample is there twice', () => {
  const seen = new Set<string>();
  for (const { name, labels } of scrape.samples) {
    expect([name, scrape.types.has(metricOf(name))]).toEqual([name, true]);
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    expect(seen.has(key)).toBe(false);
    seen.add(key);
  }
});

test('labels have values that are known in advance', () => {
  for (const { name, labels } of scrape.samples) {
    const known = TABLE[metricOf(name)];
    if (known === undefined) continue;
    const { le, ...own } = labels;
    const allowed = (label: string): readonly string[] => {
      const values = known.labels?.[label] ?? [];
      return typeof values === 'string' ? (DESCRIBED[label] ?? []) : values;
    };
    if (name.endsWith('_bucket')) expect(Number(le === '+Inf' ? 0 : le)).toBeGreaterThanOrEqual(0);
    else expect(le).toBeUndefined();
    expect(Object.keys(own).sort()).toEqual(Object.keys(known.labels ?? {}).sort());
    for (const [label, value] of Object.entries(own)) expect(allowed(label)).toContain(value);
  }
});

test('nothing that a client chose is in it', () => {
  expect(scrape.text).not.toContain(SECRET);
  expect(scrape.text).not.toContain(SECRET.toUpperCase());
  // The digits alone may be part of a value.
  expect(scrape.text).not.toContain(`"${CLOSE_CODE}"`);
});

describe('after the traffic', () => {
  test.each(TRANSPORT_NAMES)(
    'connections, deliveries and bytes of the %s transport are there',
    (transport) => {
      const labels = { transport };
      expect(scrape.sum('viaduct_connections', labels)).toBe(1);
      expect(scrape.sum('viaduct_connections_opened_total', labels)).toBe(transport === 'raw' ? 2 : 1);
      const deliveries = scrape.sum('viaduct_deliveries_total', labels);
      expect(deliveries).toBeGreaterThanOrEqual(5);
      expect(scrape.sum('viaduct_sent_bytes_total', labels)).toBeGreaterThan(deliveries * 60);
    },
  );

  test('a close code that the client made up is other', () => {
    expect(scrape.sum('viaduct_connections_closed_total', { transport: 'raw', code: 'other' })).toBe(1);
  });

  test('messages are counted as they came in, went out and were held back', () => {
    expect(scrape.sum('viaduct_messages_total')).toBe(6);
    expect(scrape.sum('viaduct_filtered_total')).toBe(2);
    expect(scrape.sum('viaduct_invalid_messages_total', { where: 'channel' })).toBe(2);
    expect(scrape.sum('viaduct_delivery_delay_seconds_count')).toBeGreaterThanOrEqual(4);
    expect(scrape.sum('viaduct_delivery_delay_seconds_sum')).toBeGreaterThan(0);
  });

  test('commands are counted by name and outcome, and timed', () => {
    const count = (command: string, outcome: string): number =>
      scrape.sum('viaduct_commands_total', { command, outcome });
    for (const command of COMMANDS) expect([command, count(command, 'ok')]).not.toEqual([command, 0]);
    expect(count('BUFFER', 'ok')).toBe(4);
    expect(count('GET', 'error')).toBe(2);
    expect(count('unknown', 'error')).toBe(2);
    const timed = (command: string): number =>
      scrape.sum('viaduct_command_duration_seconds_count', { command });
    for (const command of [...COMMANDS, 'unknown']) {
      expect(timed(command)).toBe(count(command, 'ok') + count(command, 'error'));
    }
  });

  test('errors are counted by code, from zero', () => {
    expect(scrape.sum('viaduct_errors_total', { code: 'not_allowed' })).toBe(2);
    expect(scrape.sum('viaduct_errors_total', { code: 'unknown_command' })).toBe(2);
    expect(scrape.sum('viaduct_errors_total')).toBe(4);
    const codes = scrape.samples.filter(({ name }) => name === 'viaduct_errors_total');
    expect(codes.map(({ labels }) => labels.code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  test('the state is the current one', () => {
    expect(scrape.sum('viaduct_source_ready')).toBe(1);
    expect(scrape.sum('viaduct_subscriptions')).toBe(0);
    expect(scrape.sum('viaduct_internal_failures_total')).toBe(0);
  });

  test('buckets of histograms grow up to the count', () => {
    const histograms = Object.keys(METRICS).filter((name) => TABLE[name]?.type === 'histogram');
    for (const name of histograms) {
      const samples = scrape.samples.filter((sample) => sample.name === `${name}_bucket`);
      const series = new Map<string, number[]>();
      for (const { labels, value } of samples) {
        const { le: _, ...own } = labels;
        const values = series.get(JSON.stringify(own)) ?? [];
        series.set(JSON.stringify(own), [...values, value]);
      }
      expect(series.size).toBeGreaterThan(0);
      for (const [labels, values] of series) {
        expect(values.length).toBeGreaterThan(5);
        expect(values).toEqual([...values].sort((a, b) => a - b));
        expect(values.at(-1)).toBe(scrape.sum(`${name}_count`, JSON.parse(labels)));
      }
    }
  });
});
