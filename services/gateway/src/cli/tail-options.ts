import { encodeCommandLine, namedArgs, parseDecimal } from '@viaduct/protocol';
import { readArguments, UsageError } from './arguments.js';
import { wantsColours } from './terminal.js';

export const TAIL_HELP = `Usage: viaduct tail CHANNEL ... [options]

Connects to a gateway as a client, subscribes, and prints what it receives: on a terminal a line for each message with the
rates below, in a pipe the envelopes of PROTOCOL.md as lines of JSON.

  --url URL            address of the gateway (default: $VIADUCT_URL, or ws://localhost:8080)
  --projection CRS     receive features in this CRS, such as epsg:3857
  --bbox A,B,C,D       only features in this box: minX,minY,maxX,maxY in the units of the projection; in degrees
                       (longitude, latitude) without --projection
  --snapshot           first the current state of each channel, then the changes
  --live               the features in the box: which ones enter, change and leave it, and why; a line says when all are there
  --token JWT          a token (default: $VIADUCT_TOKEN, which "ps" does not show)
  --key KEY            an API key (default: $VIADUCT_KEY)
  --count N            end after N messages
  --json               lines of JSON, also on a terminal
  --color, --no-color  print with or without colours, also in a pipe; NO_COLOR is respected

Ctrl-C ends it. Exit code: 0 Ctrl-C or --count ended it, 1 the gateway refused or closed, 2 wrong usage.
`;

export interface TailOptions {
  url: string;
  headers: Record<string, string>;
  /** What to send once the connection is open, in order. */
  commands: string[];
  /** `json`: envelopes as they arrive. `text`: for people. */
  format: 'text' | 'json';
  colours: boolean;
  /** End after this many messages; Infinity for never. */
  limit: number;
  /** Whether the channels are live views. */
  live: boolean;
  /** The box as it was given; null for none. */
  box: string | null;
}

const OPTIONS = {
  url: { type: 'string' },
  projection: { type: 'string' },
  bbox: { type: 'string' },
  snapshot: { type: 'boolean' },
  live: { type: 'boolean' },
  token: { type: 'string' },
  key: { type: 'string' },
  count: { type: 'string' },
  json: { type: 'boolean' },
  color: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the command line of `viaduct tail`.
 *
 * @param terminal whether the output is one
 * @returns null if help is wanted
 * @throws UsageError that names the mistake
 */
export function readTailOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): TailOptions | null {
  const { values, positionals } = readArguments({
    args: withNegativeBox(args),
    options: OPTIONS,
    allowPositionals: true,
    allowNegative: true,
  });
  if (values.help === true) return null;
  if (positionals.length === 0) throw new UsageError('tail needs the name of a channel, such as trains');
  const asText = values.json !== true && (terminal || values.color !== undefined);
  return {
    url: readUrl(values.url ?? env.VIADUCT_URL ?? 'ws://localhost:8080'),
    headers: readHeaders(values.token ?? env.VIADUCT_TOKEN, values.key ?? env.VIADUCT_KEY),
    commands: [
      ...(values.projection === undefined ? [] : [projectionCommand(values.projection)]),
      ...(values.bbox === undefined ? [] : [`BBOX ${readBox(values.bbox).join(' ')}`]),
      ...positionals.map((channel) => subscription(channel, stateOf(values))),
    ],
    format: asText ? 'text' : 'json',
    colours: asText && wantsColours(values.color, terminal, env),
    live: values.live === true,
    box: values.bbox ?? null,
    limit: values.count === undefined ? Number.POSITIVE_INFINITY : readCount(values.count),
  };
}

/** Joins `--bbox -10,40,5,50` into one option with its value, although the value starts with a minus. */
function withNegativeBox(args: readonly string[]): string[] {
  const at = args.indexOf('--bbox');
  const box = at < 0 ? undefined : args[at + 1];
  if (box === undefined || !/^-[\d.]/u.test(box)) return [...args];
  return [...args.slice(0, at), `--bbox=${box}`, ...args.slice(at + 2)];
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const protocol = url?.protocol.replace(/^http/u, 'ws');
  if (url === null || (protocol !== 'ws:' && protocol !== 'wss:')) {
    throw new UsageError(`the URL is "${text}"; it must be like ws://localhost:8080 or wss://example.org`);
  }
  return url.href.replace(/^http/u, 'ws');
}

function readHeaders(token: string | undefined, key: string | undefined): Record<string, string> {
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(key !== undefined && { 'x-api-key': key }),
  };
}

function readBox(text: string): number[] {
  const sides = text.split(',').map((side) => side.trim());
  try {
    if (sides.length === 4) return sides.map((side) => parseDecimal(side, 'a side'));
  } catch {
    // The remedy is the same for every mistake.
  }
  throw new UsageError(
    `--bbox is "${text}"; it must be four numbers, minX,minY,maxX,maxY, such as 5.9,45.8,10.5,47.9`,
  );
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,9}$/u.test(text)) return Number(text);
  throw new UsageError(`--count is "${text}"; it must be a whole number above zero`);
}

function projectionCommand(crs: string): string {
  return command('PROJECTION', [['projection', crs]]);
}

/** The argument of SUB that requests the state; null for none. */
function stateOf(values: {
  live?: boolean | undefined;
  snapshot?: boolean | undefined;
}): 'live' | 'snapshot' | null {
  if (values.live === true) return 'live';
  return values.snapshot === true ? 'snapshot' : null;
}

function subscription(channel: string, state: 'live' | 'snapshot' | null): string {
  return command('SUB', [['channel', channel], ...(state === null ? [] : ([[state, 'true']] as const))]);
}

function command(name: string, args: readonly (readonly [string, string])[]): string {
  try {
    return encodeCommandLine({ name, positional: [], named: namedArgs([...args, ['client_ref', 'tail']]) });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
