import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attack } from '../attack.js';

const MIB = 1024 * 1024;

/** Short, so that an attack of some seconds shows it. */
const SHORT_HANDSHAKES = { HANDSHAKE_TIMEOUT_MS: '2000' };

const abortedDownloads: Attack<'downloads'> = {
  name: 'aborted-downloads',
  does: 'clients request a large file of the page, and vanish after its first bytes',
  countedBy: [],
  async settings(atEnd) {
    const directory = await mkdtemp(join(tmpdir(), 'viaduct-attack-'));
    atEnd(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'index.html'), '<!doctype html><title>page</title>');
    await writeFile(join(directory, 'large.bin'), Buffer.alloc(8 * MIB));
    return { PAGE_DIR: directory };
  },
  sizes: { downloads: [100, 300] },
  async run(context) {
    let from = 0;
    await context.repeat(500, async () => {
      const downloads = Array.from({ length: Math.ceil(context.sizes.downloads / 10) }, () => {
        return new Promise<void>((resolve) => {
          const sent = context.request({ path: '/large.bin', from: from++ % 200 });
          sent.on('response', (response) => response.once('data', () => sent.destroy()));
          sent.on('close', () => resolve());
        });
      });
      await Promise.all(downloads);
    });
  },
};

const silentSockets: Attack<'sockets'> = {
  name: 'silent-sockets',
  does: 'connections send nothing, or their request byte by byte',
  countedBy: [{ name: 'viaduct_handshake_timeouts_total', labels: { stage: 'http' } }],
  settings: SHORT_HANDSHAKES,
  sizes: { sockets: [200, 1000] },
  async run(context) {
    await context.openMany(context.sizes.sockets, { path: null }, (connection, i) => {
      if (i % 2 === 0) return;
      connection.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ');
      void context.repeat(300, () => connection.write('a'));
    });
    await context.wait(60_000);
  },
};

const idleRequests: Attack<'sockets'> = {
  name: 'idle-requests',
  does: 'connections send one request each and stay open for the next one, most of them from one address',
  countedBy: [],
  sizes: { sockets: [200, 1000] },
  async run(context) {
    const begin = { path: null, perAddress: 200 };
    await context.openMany(context.sizes.sockets, begin, (connection) =>
      connection.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
    );
    await context.wait(60_000);
  },
};

const requests: Attack<'sockets'> = {
  name: 'requests',
  does: 'connections request the metrics, the health and paths that are not there, as fast as they are answered',
  countedBy: [],
  sizes: { sockets: [50, 200] },
  async run(context) {
    const paths = [
      '/metrics',
      '/healthz',
      '/none',
      '/socket.io/?EIO=4&transport=polling&sid=none',
      '/ogc/none',
    ];
    await context.openMany(context.sizes.sockets, { path: null, perAddress: 20 }, (connection) => {
      let received = -1;
      void context.repeat(1, (round) => {
        if (connection.received === received) return;
        received = connection.received;
        connection.write(get(paths[round % paths.length] ?? ''));
      });
    });
    await context.wait(600_000);
  },
};

const pipelinedRequests: Attack<'sockets'> = {
  name: 'pipelined-requests',
  does: 'connections pipeline hundreds of requests in one packet, some behind one for an endless answer, again and again',
  countedBy: [{ name: 'viaduct_http_connections_refused_total', labels: { reason: 'too_many_pipelined' } }],
  sizes: { sockets: [10, 20] },
  async run(context) {
    const begin = get('/ogc/collections/attack_pipelined/items', 'Accept: text/event-stream\r\n');
    const kinds = [
      begin + get('/').repeat(500),
      // Those that Node would answer itself.
      'GET / HTTP/1.1\r\n\r\n'.repeat(500),
      get('/', 'Expect: a\r\n').repeat(500),
    ];
    await context.repeat(500, async () => {
      const opened = await context.openMany(
        context.sizes.sockets,
        { path: null, perAddress: 20 },
        (connection, i) => connection.write(kinds[i % kinds.length] ?? ''),
      );
      await context.wait(500);
      for (const connection of opened) context.close(connection);
    });
  },
};

const reopenings: Attack<'clients'> = {
  name: 'reopenings',
  does: 'one address opens connections over and over, and pipelines as many requests on each as a gateway accepts',
  countedBy: [
    { name: 'viaduct_http_connections_refused_total', labels: { reason: 'too_fast_from_address' } },
  ],
  sizes: { clients: [10, 20] },
  async run(context) {
    const bytes = get('/').repeat(21);
    const reopen = async (): Promise<void> => {
      const connection = await context.open({ path: null });
      if (connection === null) return;
      connection.write(bytes);
      await context.wait(1);
      context.close(connection);
    };
    await Promise.all(Array.from({ length: context.sizes.clients }, () => context.repeat(1, reopen)));
  },
};

const chunkedBodies: Attack<'sockets'> = {
  name: 'chunked-bodies',
  does: 'clients send an endless body in chunks of one byte, and reconnect when they are cut',
  countedBy: [{ name: 'viaduct_http_connections_refused_total', labels: { reason: 'chunked_body' } }],
  sizes: { sockets: [5, 20] },
  async run(context) {
    const begin = 'POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunks = Buffer.from('1\r\na\r\n'.repeat(5000));
    const send = async (i: number): Promise<void> => {
      const connection = await context.open({ path: null, from: i });
      connection?.write(begin);
      while (connection?.isOpen === true && !context.signal.aborted) {
        if (connection.acceptsData) connection.write(chunks);
        await context.wait(5);
      }
      if (connection !== null) context.close(connection);
    };
    await Promise.all(
      Array.from({ length: context.sizes.sockets }, (_, i) => context.repeat(100, () => send(i))),
    );
  },
};

function get(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
}

const arrivals: Attack<'perSecond'> = {
  name: 'arrivals',
  does: 'one address connects and leaves as fast as it can',
  countedBy: [{ name: 'viaduct_connections_refused_total', labels: { reason: 'too_fast_from_address' } }],
  sizes: { perSecond: [200, 1000] },
  async run(context) {
    await context.repeat(100, async () => {
      const opened = await context.openMany(Math.ceil(context.sizes.perSecond / 10), { perAddress: 1e6 });
      for (const connection of opened) context.close(connection);
    });
  },
};

const crowd: Attack<'sessions'> = {
  name: 'crowd',
  does: 'many addresses open many sessions that do nothing but subscribe',
  countedBy: [{ name: 'viaduct_connections_opened_total', labels: { transport: 'raw' } }],
  sizes: { sessions: [400, 3000] },
  async run(context) {
    await context.openMany(context.sizes.sessions, {}, (connection) => connection.send('SUB attack_crowd'));
    await context.wait(60_000);
  },
};

const adminGuesses: Attack<'perSecond'> = {
  name: 'admin-guesses',
  does: 'clients guess the token of the admin API',
  countedBy: [{ name: 'viaduct_admin_requests_total', labels: { outcome: 'unauthorized' } }],
  settings: { ADMIN_TOKEN: 'a-token-that-nobody-guesses' },
  sizes: { perSecond: [100, 500] },
  async run(context) {
    await context.repeat(100, (round) => {
      for (let i = 0; i < context.sizes.perSecond / 10; i++) {
        const headers = { authorization: `Bearer guess-number-${round}-${i}` };
        context.request({ path: '/admin/replicas', from: i, headers }).on('response', (r) => r.resume());
      }
    });
  },
};

export const HTTP = [
  abortedDownloads,
  silentSockets,
  idleRequests,
  requests,
  pipelinedRequests,
  reopenings,
  chunkedBodies,
  arrivals,
  crowd,
  adminGuesses,
] as const;
