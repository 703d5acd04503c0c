import { parseArgs } from 'node:util';
import { TRANSPORTS, type TransportName } from './types.js';

const HELP = `Usage: viaduct-conformance URL [options]
       npx @viaduct/protocol conformance URL [options]

Tests whether a server conforms to PROTOCOL.md, through both transports.
The suite writes test data to the server's Redis and removes it again.

  URL                       address of the server, such as ws://localhost:8080
  --redis URL               the server's Redis (default: $REDIS_URL, or redis://localhost:6379)
  --transport raw|socket.io test only this transport (default: both)
  --prefix TEXT             prefix of all channels and keys (default: conf); the server must
                            allow them and nothing else: CHANNELS='conf*'
  --forbidden NAME          a name that the server must not allow (default: not-PREFIX)
  --only TEXT               run only cases whose name contains this text
  --list                    print the names of the cases
  --timeout MS              longest wait for anything that must happen (default: 10000)
  --max-frame-bytes N       the server's limit for one frame (default: 1048576)
  --default-projection CRS  the projection of new sessions, as in the server's
                            DEFAULT_PROJECTION (default: epsg:4326)
  --help                    print this

Exit code: 0 the server conforms, 1 it does not, 2 the suite could not run.`;

const OPTIONS = {
  redis: { type: 'string' },
  transport: { type: 'string', multiple: true },
  prefix: { type: 'string' },
  forbidden: { type: 'string' },
  only: { type: 'string' },
  list: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  'max-frame-bytes': { type: 'string' },
  'default-projection': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Loads the suite only when needed, so that `--help` answers at once. It uses the packages of the project in which it
 * is installed or, if that lacks them, the copies in the published package.
 */
async function load(): Promise<typeof import('./index.js')> {
  try {
    return await import('./index.js');
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    return await import(new URL('standalone.js', import.meta.url).href);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Error('the suite needs three more packages: npm install ws socket.io-client ioredis', {
      cause: error,
    });
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
}

function readTransports(given: readonly string[] | undefined): readonly TransportName[] {
  return (given ?? TRANSPORTS).map((name) => {
    const transport = TRANSPORTS.find((known) => known === name);
    if (transport === undefined)
      throw new Error(`--transport is "${name}"; it must be ${TRANSPORTS.join(' or ')}`);
    return transport;
  });
}

function readCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/u.test(text)) return Number(text);
  throw new Error(`--${name} is "${text}"; it must be a whole number above zero`);
}

/**
 * Runs the suite as the command line says, and prints its report.
 *
 * @returns the exit code: 0 the server conforms, 1 it does not, 2 the suite could not run
 */
export async function conformanceCommand(args: string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    console.error(`viaduct-conformance: ${error instanceof Error ? error.message : String(error)}`);
    console.error('Try viaduct-conformance --help.');
    return 2;
  }
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const transports = readTransports(values.transport);
  const only = values.only ?? '';
  const timeoutMs = readCount('timeout', values.timeout);
  const maxFrameBytes = readCount('max-frame-bytes', values['max-frame-bytes']);
  const { conformanceCases, reporter, runConformance } = await load();
  if (values.list) {
    for (const { name } of conformanceCases(transports)) if (name.includes(only)) console.log(name);
    return 0;
  }
  const [url, ...rest] = positionals;
  if (url === undefined || rest.length > 0) throw new Error('give one URL, such as ws://localhost:8080');
  const report = reporter((line) => console.log(line));
  const results = await runConformance({
    url,
    redisUrl: values.redis ?? process.env.REDIS_URL ?? 'redis://localhost:6379',
    transports,
    only,
    onResult: report.result,
    ...(values.prefix !== undefined && { prefix: values.prefix }),
    ...(values.forbidden !== undefined && { forbidden: values.forbidden }),
    ...(values['default-projection'] !== undefined && { defaultProjection: values['default-projection'] }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(maxFrameBytes !== undefined && { maxFrameBytes }),
  });
  return report.summary(results);
}
