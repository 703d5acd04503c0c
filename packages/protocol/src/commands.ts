import {
  type BoundArgs,
  bindArgs,
  checkLength,
  MAX_ARGUMENT_LENGTH,
  missingArgument,
  type Param,
  parseBoolean,
  parseDecimal,
  parseInteger,
  repeatedArgument,
  required,
} from './args.js';
import { type CommandArgs, namedArgs } from './command-line.js';
import {
  type Bbox,
  type BboxArgs,
  BUFFER_LIMITS,
  type BufferArgs,
  type ChannelArgs,
  type CommandSyntax,
  type GetArgs,
  MAX_HINTS,
  MAX_TOKEN_LENGTH,
  type PgetArgs,
  type ProjectionArgs,
  type PubArgs,
  type Referenced,
  type SubArgs,
  type TokenArgs,
} from './command-types.js';
import { CommandError } from './errors.js';
import { parseStreamId } from './stream-id.js';
import { quote } from './text.js';

const CLIENT_REF = { name: 'client_ref', aliases: ['clientRef'] } as const satisfies Param;
const KEY = { name: 'key', required: true, aliases: ['channel_name'] } as const satisfies Param;
const FIELD = { name: 'field', aliases: ['ref'] } as const satisfies Param;
const CHANNEL = { name: 'channel', required: true, aliases: ['channel_name'] } as const satisfies Param;

/**
 * The client reference that a command gives by name; null where it gives none, or one that is too long to repeat.
 * For the answer to a command whose arguments cannot be read.
 */
export function namedClientRef({ named }: CommandArgs): string | null {
  const reference = [CLIENT_REF.name, ...CLIENT_REF.aliases]
    .map((name) => named[name])
    .find((r) => r !== undefined);
  return reference === undefined || reference.length > MAX_ARGUMENT_LENGTH ? null : reference;
}

function reference(bound: BoundArgs<'client_ref'>): string | null {
  return bound.client_ref ?? null;
}

/** @param read reads the arguments; `usage` is for its errors */
function syntax<T>(
  name: string,
  usage: string,
  summary: string,
  read: (args: CommandArgs, usage: string) => T,
): CommandSyntax<T> {
  return { name, usage, summary, parse: (args) => read(args, usage) };
}

/** A command that takes no argument but a client reference. */
function bare(name: string, summary: string): CommandSyntax<Referenced> {
  return syntax(name, `${name} [client_ref]`, summary, (args, usage) => ({
    clientRef: reference(bindArgs(args, [CLIENT_REF], usage)),
  }));
}

/** A command about one channel. */
function aboutChannel(name: string, summary: string): CommandSyntax<ChannelArgs> {
  return syntax(name, `${name} channel [client_ref]`, summary, (args, usage) => {
    const bound = bindArgs(args, [CHANNEL, CLIENT_REF], usage);
    return { channel: required(bound.channel, 'channel'), clientRef: reference(bound) };
  });
}

function readSub(args: CommandArgs, usage: string): SubArgs {
  const options = [
    { name: 'snapshot', namedOnly: true },
    { name: 'since', namedOnly: true },
  ] as const satisfies readonly Param[];
  const bound = bindArgs(args, [CHANNEL, CLIENT_REF, ...options], usage);
  return {
    channel: required(bound.channel, 'channel'),
    snapshot: parseBoolean(bound.snapshot ?? 'false', 'snapshot'),
    since: bound.since === undefined ? null : parseStreamId(bound.since, 'since'),
    clientRef: reference(bound),
  };
}

function readKey(bound: BoundArgs<'key' | 'field' | 'client_ref'>): GetArgs {
  return { key: required(bound.key, 'key'), field: bound.field ?? null, clientRef: reference(bound) };
}

function readGet(args: CommandArgs, usage: string): GetArgs {
  return readKey(bindArgs(args, [KEY, FIELD, CLIENT_REF], usage));
}

function readPget(args: CommandArgs, usage: string): PgetArgs {
  const bound = bindArgs(args, [KEY, FIELD, CLIENT_REF, { name: 'projection', namedOnly: true }], usage);
  return { ...readKey(bound), projection: bound.projection ?? null };
}

const SIDES = ['left', 'bottom', 'right', 'top'] as const;
type Side = (typeof SIDES)[number];

const BBOX_OPTIONS = [CLIENT_REF, { name: 'trim' }] as const satisfies readonly Param[];

/** Divides the named arguments of `BBOX` into those it knows and the hints. */
function divideBboxNames(named: CommandArgs['named']) {
  const names = BBOX_OPTIONS.flatMap((param: Param) => [param.name, ...(param.aliases ?? [])]);
  const entries = Object.entries(named);
  const sides: readonly string[] = SIDES;
  return {
    options: namedArgs(entries.filter(([name]) => names.includes(name))),
    sides: namedArgs(entries.filter(([name]) => sides.includes(name))),
    namedHints: namedArgs(entries.filter(([name]) => !names.includes(name) && !sides.includes(name))),
  };
}

/** @throws CommandError where there are more or longer hints than a session keeps */
function checkHints(hints: readonly string[], named: Readonly<Record<string, string>>, usage: string): void {
  const entries = Object.entries(named);
  if (hints.length + entries.length > MAX_HINTS) {
    throw new CommandError(
      'too_many_arguments',
      `${hints.length + entries.length} hints given, at most ${MAX_HINTS} taken; usage: ${usage}`,
    );
  }
  for (const hint of hints) checkLength(hint, 'hint');
  for (const [name, value] of entries) checkLength(`${name}=${value}`, `hint ${quote(name)}`);
}

/** @throws CommandError where a side is missing, given twice or no number, or where bottom lies above top */
function readBox(
  positional: readonly string[],
  named: Readonly<Record<string, string>>,
  usage: string,
): Bbox {
  const side = (name: Side, i: number): number => {
    const byPosition = positional[i];
    const byName = named[name];
    if (byPosition !== undefined && byName !== undefined) throw repeatedArgument(name, usage);
    const text = byPosition ?? byName;
    if (text === undefined) throw missingArgument(name, usage);
    return parseDecimal(text, name);
  };
  const [minX, minY, maxX, maxY] = [side('left', 0), side('bottom', 1), side('right', 2), side('top', 3)];
  if (minY > maxY) {
    throw new CommandError('invalid_argument', `bottom ${minY} lies above top ${maxY}; usage: ${usage}`);
  }
  return { minX, minY, maxX, maxY };
}

function readBbox({ positional, named }: CommandArgs, usage: string): BboxArgs {
  const { options, sides, namedHints } = divideBboxNames(named);
  const bound = bindArgs({ positional: [], named: options }, BBOX_OPTIONS, usage);
  const hints = positional.slice(SIDES.length);
  checkHints(hints, namedHints, usage);
  const clears = positional.length === 0 && Object.keys(sides).length === 0;
  return {
    bbox: clears ? null : readBox(positional, sides, usage),
    trim: parseBoolean(bound.trim ?? 'false', 'trim'),
    hints,
    namedHints,
    clientRef: reference(bound),
  };
}

const PROJECTION_PARAMS = [
  { name: 'projection', required: true },
  CLIENT_REF,
  { name: 'axis_order', aliases: ['axisOrder'], namedOnly: true },
  { name: 'precision', namedOnly: true },
] as const satisfies readonly Param[];

function readProjection(args: CommandArgs, usage: string): ProjectionArgs {
  const bound = bindArgs(args, PROJECTION_PARAMS, usage);
  const axisOrder = bound.axis_order ?? 'xy';
  if (axisOrder !== 'xy' && axisOrder !== 'crs') {
    throw new CommandError('invalid_argument', `axis_order is ${quote(axisOrder)}; it must be xy or crs`);
  }
  const precision = bound.precision === undefined ? null : parseDecimal(bound.precision, 'precision');
  if (precision !== null && precision <= 0) {
    throw new CommandError('invalid_argument', `precision is ${precision}; it must be above zero`);
  }
  return {
    projection: required(bound.projection, 'projection'),
    axisOrder,
    precision,
    clientRef: reference(bound),
  };
}

const BUFFER_PARAMS = [{ name: 'size' }, { name: 'ms' }, CLIENT_REF] as const satisfies readonly Param[];

function readBuffer(args: CommandArgs, usage: string): BufferArgs {
  const bound = bindArgs(args, BUFFER_PARAMS, usage);
  const clientRef = reference(bound);
  if (bound.size === undefined && bound.ms === undefined) return { size: 0, ms: 0, clientRef };
  if (bound.size === undefined) throw missingArgument('size', usage);
  if (bound.ms === undefined) throw missingArgument('ms', usage);
  return {
    size: parseInteger(bound.size, 'size', 0, BUFFER_LIMITS.size),
    ms: parseInteger(bound.ms, 'ms', 0, BUFFER_LIMITS.ms),
    clientRef,
  };
}

const TOKEN_PARAMS = [
  { name: 'token', required: true, maxLength: MAX_TOKEN_LENGTH },
  CLIENT_REF,
] as const satisfies readonly Param[];

function readToken(args: CommandArgs, usage: string): TokenArgs {
  const bound = bindArgs(args, TOKEN_PARAMS, usage);
  return { token: required(bound.token, 'token'), clientRef: reference(bound) };
}

const PUB_PARAMS = [
  CHANNEL,
  { name: 'message', required: true, maxLength: Number.POSITIVE_INFINITY },
  CLIENT_REF,
] as const satisfies readonly Param[];

function readPub(args: CommandArgs, usage: string): PubArgs {
  const bound = bindArgs(args, PUB_PARAMS, usage);
  return {
    channel: required(bound.channel, 'channel'),
    message: required(bound.message, 'message'),
    clientRef: reference(bound),
  };
}

/** The written form of every built-in command. */
export const COMMANDS = {
  GET: syntax(
    'GET',
    'GET key [field [client_ref]]',
    'Sends every value of a hash that is in the box, or one field of it.',
    readGet,
  ),
  PGET: syntax(
    'PGET',
    'PGET key [field [client_ref]] [projection=epsg:n]',
    "Like GET, in the projection that it names (by default the data's own) instead of the session's.",
    readPget,
  ),
  SUB: syntax(
    'SUB',
    'SUB channel [client_ref] [snapshot=true] [since=id]',
    'Subscribes to a channel.',
    readSub,
  ),
  DEL: aboutChannel('DEL', 'Ends the subscription to a channel.'),
  PING: bare('PING', 'Is answered with PONG.'),
  BBOX: syntax(
    'BBOX',
    'BBOX [left bottom right top [hint ...]] [trim=true] [client_ref=ref]',
    'Sets the box that features must touch to be sent; without sides clears it.',
    readBbox,
  ),
  PROJECTION: syntax(
    'PROJECTION',
    'PROJECTION epsg:n [client_ref] [axis_order=xy|crs] [precision=step]',
    'Sets the coordinate reference system in which features are sent.',
    readProjection,
  ),
  BUFFER: syntax(
    'BUFFER',
    'BUFFER [size ms [client_ref]]',
    'Sends pushed messages in lists: when size of them wait or ms milliseconds have passed.',
    readBuffer,
  ),
  RESET: bare('RESET', 'Drops what waits, clears the box and holds all features back until the next BBOX.'),
  TOKEN: syntax(
    'TOKEN',
    'TOKEN jwt [client_ref]',
    'Lets the session do what a token says, instead of what it could do before.',
    readToken,
  ),
  PUB: syntax('PUB', 'PUB channel [client_ref=ref] json', 'Publishes a message to a channel.', readPub),
} as const;

/** Name of one built-in command. */
export type CommandName = keyof typeof COMMANDS;
