import type { Attack } from '../attack.js';
import { fillHash, fillStream } from '../data.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const ENTRY_BYTES = 25_000;

/** Many bytes of a stream at a time. */
const recoveries: Attack<'sessions' | 'entries'> = {
  name: 'recoveries',
  fills: 'MAX_READ_BYTES',
  does: 'sessions without a view ask for a stream of large entries since different ids, again and again',
  countedBy: [{ name: 'viaduct_recoveries_total' }],
  settings: { STREAMS: 'attack_stream' },
  sizes: { sessions: [4, 12], entries: [3000, 9000] },
  prepare: ({ redis, sizes }) => fillStream(redis, 'attack_stream', sizes.entries, ENTRY_BYTES),
  async run(context) {
    const { sessions } = context.sizes;
    const connections = await context.openMany(sessions, { perAddress: 4 });
    for (const connection of connections) connection.send('RESET');
    let id = 0;
    await context.repeat(4000, () => {
      for (const connection of connections) {
        connection.send('DEL attack_stream', `SUB attack_stream since=1000-${1 + (id++ % 100)}`);
      }
    });
  },
};

/** Hashes that are larger than the memory that the gateway has for them. */
const bigHashes: Attack<'hashes' | 'mebibytes'> = {
  name: 'big-hashes',
  fills: 'MAX_READ_BYTES',
  does: 'sessions without a view request large hashes, each another one, again and again',
  countedBy: [{ name: 'viaduct_commands_total', labels: { command: 'GET' } }],
  sizes: { hashes: [4, 6], mebibytes: [60, 110] },
  async prepare({ redis, sizes }) {
    for (let i = 0; i < sizes.hashes; i++) {
      await fillHash(redis, `attack_hash_${i}`, sizes.mebibytes * 10, MIB / 10);
    }
  },
  async run(context) {
    const { hashes } = context.sizes;
    const connections = await context.openMany(hashes, { perAddress: 2 });
    for (const connection of connections) connection.send('RESET');
    await context.repeat(1500, (round) => {
      for (const [i, connection] of connections.entries()) {
        connection.send(`GET attack_hash_${(i + round) % hashes}`);
      }
    });
  },
};

/** Many hashes of moderate size. */
const manyHashes: Attack<'sessions' | 'hashes'> = {
  name: 'many-hashes',
  fills: 'MAX_READ_BYTES',
  does: 'many sessions, each in a projection of its own, request many hashes of 4 MiB at once',
  countedBy: [{ name: 'viaduct_commands_total', labels: { command: 'GET' } }],
  sizes: { sessions: [20, 60], hashes: [15, 40] },
  async prepare({ redis, sizes }) {
    for (let i = 0; i < sizes.hashes; i++) await fillHash(redis, `attack_many_${i}`, 4 * KIB, KIB);
  },
  async run(context) {
    const { sessions, hashes } = context.sizes;
    await context.openMany(sessions, { reads: true }, (connection, i) => {
      connection.send(`PROJECTION epsg:${32_601 + (i % 60)}`);
      void context.repeat(1000, (round) => connection.send(`GET attack_many_${(i + round) % hashes}`));
    });
    await context.wait(600_000);
  },
};

/** Hashes that are kept for live views. */
const liveHashes: Attack<'hashes' | 'mebibytes'> = {
  name: 'live-hashes',
  fills: 'MAX_LIVE_BYTES',
  does: 'sessions watch large hashes with live=true, each another one, and leave them again',
  countedBy: [{ name: 'viaduct_live_reads_total' }],
  sizes: { hashes: [4, 6], mebibytes: [40, 100] },
  async prepare({ redis, sizes }) {
    for (let i = 0; i < sizes.hashes; i++) {
      await fillHash(redis, `attack_live_${i}`, sizes.mebibytes * 100, MIB / 100);
    }
  },
  async run(context) {
    const { hashes } = context.sizes;
    const connections = await context.openMany(hashes, { perAddress: 2 });
    for (const connection of connections) connection.send('BBOX 100 10 101 11');
    await context.repeat(2000, (round) => {
      for (const [i, connection] of connections.entries()) {
        connection.send(`DEL attack_live_${(i + round) % hashes}`);
        connection.send(`SUB attack_live_${(i + round + 1) % hashes} live=true`);
      }
    });
  },
};

/** Work for the worker threads, which live big messages need, too. */
const workerReads: Attack<'sessions'> = {
  name: 'worker-reads',
  fills: 'MAX_READ_BYTES',
  does: 'sessions, each in a projection of its own, request a hash of 3 MB twice a second',
  countedBy: [{ name: 'viaduct_commands_total', labels: { command: 'GET' } }],
  sizes: { sessions: [20, 100] },
  prepare: ({ redis }) => fillHash(redis, 'attack_workers', 6000, 400),
  async run(context) {
    await context.openMany(context.sizes.sessions, {}, (connection, i) => {
      connection.send(`PROJECTION epsg:${i < 60 ? 32_601 + i : 32_701 + ((i - 60) % 60)}`);
      void context.repeat(500, () => connection.send('GET attack_workers'));
    });
    await context.wait(60_000);
  },
};

export const READS = [recoveries, bigHashes, manyHashes, liveHashes, workerReads] as const;
