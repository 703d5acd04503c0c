import { createServer, type ServerResponse } from 'node:http';
import { Counter, Registry } from 'prom-client';
import { AnswerLog } from './answer-log.js';
import { readArguments, UsageError } from './arguments.js';

const HELP = `Usage: viaduct edge-metrics FILE

Serves counters for Prometheus about what nginx in front of gateways answered, which nginx itself does not offer. nginx
writes the status of each answer to FILE, one per line; the file is emptied when it has been read. /metrics has the
counters, and /healthz answers 200, on PORT (default 8080).

  -h, --help    prints this
`;

/** The only metric here: of nginx, not of a gateway. */
export const EDGE_ANSWERS = 'viaduct_edge_answers_total';

const DEFAULT_PORT = 8080;

/** Without requests, the file is read this often, in milliseconds. */
const READ_EVERY_MS = 1000;

/** Counted from the start, so that the first refusal is an increase. */
const AWAITED = ['101', '200', '429', '499', '500', '502', '503', '504'];

/** Runs `viaduct edge-metrics` until a signal ends it. */
export async function edgeMetrics(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args: [...args],
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError('edge-metrics needs exactly one FILE');
  await serve(path, Number(process.env.PORT || DEFAULT_PORT));
  return 0;
}

async function serve(path: string, port: number): Promise<void> {
  const registry = new Registry();
  const answers = new Counter({
    name: EDGE_ANSWERS,
    help: 'Answers of nginx to its clients, by HTTP status. 429: refused because of a limit.',
    labelNames: ['status'],
    registers: [registry],
  });
  for (const status of AWAITED) answers.inc({ status }, 0);
  const log = new AnswerLog(path, (status) => {
    answers.inc({ status: /^[1-5]\d\d$/u.test(status) ? status : 'other' });
  });
  const server = createServer((request, response) => {
    if (request.url === '/healthz') response.end('ok\n');
    else if (request.url === '/metrics') void scrape(log, registry, response);
    else response.writeHead(404).end();
  });
  const timer = setInterval(() => void log.read().catch(complain), READ_EVERY_MS);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  clearInterval(timer);
  server.close();
  server.closeAllConnections();
}

async function scrape(log: AnswerLog, registry: Registry, response: ServerResponse): Promise<void> {
  try {
    await log.read();
    response.setHeader('content-type', registry.contentType).end(await registry.metrics());
  } catch (error) {
    complain(error);
    response.writeHead(500).end();
  }
}

function complain(error: unknown): void {
  process.stderr.write(`viaduct edge-metrics: ${error instanceof Error ? error.message : String(error)}\n`);
}
