import {
  type BoundArgs,
  bindArgs,
  type Param,
  parseBoolean,
  parseDecimal,
  parseInteger,
  required,
} from './args.js';
import type { CommandArgs } from './command-line.js';
import { CommandError } from './errors.js';

/** The written form of one command: how it is called and how its arguments are read. */
export interface CommandSyntax<T> {
  /** In upper case. On socket.io the event has the same name in lower case. */
  name: string;
  /** One line, as in `GET key [field [client_ref]]`. */
  usage: string;
  /** One sentence for the reference. */
  summary: string;
  /** @throws CommandError where the arguments are not the command's */
  parse(args: CommandArgs): T;
}

/** Arguments that most commands share. */
export interface Referenced {
  /** Comes back as `client_reference`; null where none was given. */
  clientRef: string | null;
}

export interface GetArgs extends Referenced {
  key: string;
  /** One field of the hash; null for all of them. */
  field: string | null;
}

export interface PgetArgs extends GetArgs {
  /** A CRS such as `epsg:3857`; null for the data's own. */
  projection: string | null;
}

export interface ChannelArgs extends Referenced {
  channel: string;
}

/** Left, bottom, right, top in the units of the box's CRS. `minX > maxX` crosses the antimeridian. */
export interface Bbox {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

export interface BboxArgs extends Referenced {
  /** Null clears the box. */
  bbox: Bbox | null;
  /** True: a FeatureCollection is cut down to the features in the box. False: it passes whole. */
  trim: boolean;
  /** Further positional arguments, such as a zoom level; kept for custom commands and filters. */
  hints: readonly string[];
  /** Further named arguments, such as `mots=rail`. */
  namedHints: Readonly<Record<string, string>>;
}

export interface ProjectionArgs extends Referenced {
  /** A CRS such as `epsg:2056`. */
  projection: string;
  /** `xy`: east, north (the default). `crs`: the order in which the CRS defines its axes. */
  axisOrder: 'xy' | 'crs';
  /** Step to which coordinates are rounded, in units of the CRS; null for the gateway's default. */
  precision: number | null;
}

export interface BufferArgs extends Referenced {
  /** Send when so many messages wait ... */
  size: number;
  /** ... or so many milliseconds have passed since the first of them came. Zero for both ends buffering. */
  ms: number;
}

/** Upper bounds of `BUFFER`, so that one client cannot make the gateway hoard. */
export const BUFFER_LIMITS = { size: 10_000, ms: 60_000 } as const;

const CLIENT_REF = { name: 'client_ref', aliases: ['clientRef'] } as const satisfies Param;
const KEY = { name: 'key', required: true, aliases: ['channel_name'] } as const satisfies Param;
const FIELD = { name: 'field', aliases: ['ref'] } as const satisfies Param;
const CHANNEL = { name: 'channel', required: true, aliases: ['channel_name'] } as const satisfies Param;

function reference(bound: BoundArgs<'client_ref'>): string | null {
  return bound.client_ref ?? null;
}

/** A command that takes no argument but a client reference. */
function bare(name: string, summary: string): CommandSyntax<Referenced> {
  const usage = `${name} [client_ref]`;
  return {
    name,
    usage,
    summary,
    parse: (args) => ({ clientRef: reference(bindArgs(args, [CLIENT_REF], usage)) }),
  };
}

/** A command about one channel. */
function aboutChannel(name: string, summary: string): CommandSyntax<ChannelArgs> {
  const usage = `${name} channel [client_ref]`;
  return {
    name,
    usage,
    summary,
    parse(args) {
      const bound = bindArgs(args, [CHANNEL, CLIENT_REF], usage);
      return { channel: required(bound.channel, 'channel'), clientRef: reference(bound) };
    },
  };
}

const GET: CommandSyntax<GetArgs> = {
  name: 'GET',
  usage: 'GET key [field [client_ref]]',
  summary: 'Sends every value of a hash that is in the box, or one field of it.',
  parse(args) {
    const bound = bindArgs(args, [KEY, FIELD, CLIENT_REF], this.usage);
    return { key: required(bound.key, 'key'), field: bound.field ?? null, clientRef: reference(bound) };
  },
};

const PGET: CommandSyntax<PgetArgs> = {
  name: 'PGET',
  usage: 'PGET key [field [client_ref]] [projection=epsg:n]',
  summary: "Like GET, in the projection that it names instead of the session's.",
  parse(args) {
    const bound = bindArgs(
      args,
      [KEY, FIELD, CLIENT_REF, { name: 'projection', namedOnly: true }],
      this.usage,
    );
    return {
      key: required(bound.key, 'key'),
      field: bound.field ?? null,
      projection: bound.projection ?? null,
      clientRef: reference(bound),
    };
  },
};

const SIDES: readonly string[] = ['left', 'bottom', 'right', 'top'];

function isSide(name: string): boolean {
  return SIDES.includes(name);
}

const BBOX: CommandSyntax<BboxArgs> = {
  name: 'BBOX',
  usage: 'BBOX [left bottom right top [hint ...] [trim=true]]',
  summary: 'Sets the box that features must touch to be sent; without arguments clears it.',
  parse({ positional, named }) {
    const { client_ref: clientRef = null, trim = 'false', ...others } = named;
    const namedHints = Object.fromEntries(Object.entries(others).filter(([name]) => !isSide(name)));
    const rest = { clientRef, trim: parseBoolean(trim, 'trim'), hints: positional.slice(4), namedHints };
    if (positional.length === 0 && !Object.keys(others).some(isSide)) return { ...rest, bbox: null };
    const side = (i: number): number => {
      const name = SIDES[i] as string;
      const text = positional[i] ?? others[name];
      if (text === undefined) {
        throw new CommandError('missing_argument', `${name} is missing; usage: ${this.usage}`);
      }
      return parseDecimal(text, name);
    };
    const bbox = { minX: side(0), minY: side(1), maxX: side(2), maxY: side(3) };
    if (bbox.minY > bbox.maxY) {
      throw new CommandError(
        'invalid_argument',
        `bottom ${bbox.minY} lies above top ${bbox.maxY}; usage: ${this.usage}`,
      );
    }
    return { ...rest, bbox };
  },
};

const PROJECTION: CommandSyntax<ProjectionArgs> = {
  name: 'PROJECTION',
  usage: 'PROJECTION epsg:n [client_ref] [axis_order=xy|crs] [precision=step]',
  summary: 'Sets the coordinate reference system in which features are sent.',
  parse(args) {
    const params = [
      { name: 'projection', required: true },
      CLIENT_REF,
      { name: 'axis_order', aliases: ['axisOrder'], namedOnly: true },
      { name: 'precision', namedOnly: true },
    ] as const;
    const bound = bindArgs(args, params, this.usage);
    const axisOrder = bound.axis_order ?? 'xy';
    if (axisOrder !== 'xy' && axisOrder !== 'crs') {
      throw new CommandError(
        'invalid_argument',
        `axis_order is "${axisOrder.slice(0, 40)}"; it must be xy or crs`,
      );
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
  },
};

const BUFFER: CommandSyntax<BufferArgs> = {
  name: 'BUFFER',
  usage: 'BUFFER size ms',
  summary: 'Sends pushed messages in lists: when size of them wait or ms milliseconds have passed.',
  parse(args) {
    if (args.positional.length === 0 && Object.keys(args.named).length === 0)
      return { size: 0, ms: 0, clientRef: null };
    const params = [{ name: 'size', required: true }, { name: 'ms', required: true }, CLIENT_REF] as const;
    const bound = bindArgs(args, params, this.usage);
    return {
      size: parseInteger(required(bound.size, 'size'), 'size', 0, BUFFER_LIMITS.size),
      ms: parseInteger(required(bound.ms, 'ms'), 'ms', 0, BUFFER_LIMITS.ms),
      clientRef: reference(bound),
    };
  },
};

/** The written form of every built-in command. */
export const COMMANDS = {
  GET,
  PGET,
  SUB: aboutChannel('SUB', 'Subscribes to a channel.'),
  DEL: aboutChannel('DEL', 'Ends the subscription to a channel.'),
  PING: bare('PING', 'Is answered with PONG.'),
  BBOX,
  PROJECTION,
  BUFFER,
  RESET: bare('RESET', 'Drops what waits, clears the box and holds all features back until the next BBOX.'),
} as const;

/** Name of one built-in command. */
export type CommandName = keyof typeof COMMANDS;
