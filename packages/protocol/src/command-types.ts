import type { CommandArgs } from './command-line.js';

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

export interface SubArgs extends ChannelArgs {
  /** True: the hash of the channel's name is sent first, and after it what was published meanwhile. */
  snapshot: boolean;
  /** Id of the last entry of a Redis Stream that the client has; null where it asks for no recovery. */
  since: string | null;
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
  /** Further named arguments, such as `mots=rail`; an object without a prototype. */
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
  /** ... or so many milliseconds have passed since the first of them came. Zero for either ends buffering. */
  ms: number;
}

export interface TokenArgs extends Referenced {
  /** A signed JWT (RFC 7519). */
  token: string;
}

export interface PubArgs extends ChannelArgs {
  /** What to publish: meant to be JSON text, not checked. */
  message: string;
}

/** Longest token of `TOKEN`, in characters: as much as fits into the head of a handshake, too. */
export const MAX_TOKEN_LENGTH = 8192;

/** Upper bounds of `BUFFER`, so that one client cannot make the gateway hoard. */
export const BUFFER_LIMITS = { size: 10_000, ms: 60_000 } as const;

/** Most hints, positional and named together, that one `BBOX` may carry. */
export const MAX_HINTS = 32;
