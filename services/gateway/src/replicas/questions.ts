import { z } from 'zod';

/** How a replica is. */
const status = z.object({
  /** Of the gateway's software. */
  version: z.string(),
  /** Seconds since it started. */
  uptime: z.number(),
  /** Whether it serves; the same as its `/readyz`. */
  ready: z.boolean(),
  /** Whether it is about to end, and takes no further connections. */
  draining: z.boolean(),
  /** Open connections by transport. */
  connections: z.object({ raw: z.number(), 'socket.io': z.number() }),
});

const box = z.object({ left: z.number(), bottom: z.number(), right: z.number(), top: z.number() });

/** One session as operators see it. */
const session = z.object({
  id: z.string(),
  transport: z.enum(['raw', 'socket.io']),
  /** When it began: milliseconds since the epoch. */
  since: z.number(),
  /** Address of the other end of its connection: the client's, or that of a proxy in between. */
  address: z.string().nullable(),
  /** Some of its channels, where it has very many. */
  subscriptions: z.array(z.string()),
  /** How many channels it has. */
  subscriptionCount: z.number(),
  view: z.object({
    projection: z.string(),
    axisOrder: z.enum(['xy', 'crs']),
    bbox: box.nullable(),
    /** In which CRS the numbers of the box are, or would be, read. */
    boxCrs: z.string(),
    trim: z.boolean(),
    hints: z.array(z.string()),
    namedHints: z.record(z.string(), z.string()),
    /** Between RESET and the next BBOX: features are held back. */
    held: z.boolean(),
  }),
  /** The client's wish to get lists of messages. */
  buffer: z.object({ size: z.number(), ms: z.number() }).nullable(),
  /** What waits to be sent, not counting what the connection itself holds. */
  queuedBytes: z.number(),
});

/** Sessions of one replica, in no particular order. */
const sessions = z.object({
  /** How many there are, whether listed or not. */
  total: z.number(),
  listed: z.array(session),
});

const channel = z.object({
  channel: z.string(),
  subscribers: z.number(),
  /** The same by the CRS in which they are sent features. */
  byCrs: z.record(z.string(), z.number()),
});

/** Channels of one replica, in the order of their names' UTF-16 code units. */
const channels = z.object({
  listed: z.array(channel),
  /** True where further ones follow in that order. */
  more: z.boolean(),
});

export type ReplicaStatus = z.infer<typeof status>;
export type SessionReport = z.infer<typeof session>;
export type SessionsReport = z.infer<typeof sessions>;
export type ChannelReport = z.infer<typeof channel>;
export type ChannelsReport = z.infer<typeof channels>;

const sessionsAsked = z.object({
  /** Only those that are subscribed to this channel. */
  channel: z.string().nullable(),
  /** How many to list at most. */
  limit: z.number(),
});

const channelsAsked = z.object({
  /** Only those that come after this name. */
  after: z.string(),
  /** How many to list at most. */
  limit: z.number(),
});

const nothing = z.object({});

/** What a replica can be asked, or told to do; each with what it is told and what it answers. */
export interface Questions {
  status: { asked: z.infer<typeof nothing>; answer: ReplicaStatus };
  sessions: { asked: z.infer<typeof sessionsAsked>; answer: SessionsReport };
  channels: { asked: z.infer<typeof channelsAsked>; answer: ChannelsReport };
  /** Ends the session of that id; answers whether there was one. */
  disconnect: { asked: { id: string }; answer: boolean };
  /** Sends all sessions a notice; answers to how many. */
  notice: { asked: { message: string }; answer: number };
}

export type Question = keyof Questions;
export type Asked<Q extends Question> = Questions[Q]['asked'];
export type Answer<Q extends Question> = Questions[Q]['answer'];

/** Whoever answers for one replica. */
export type Respondent = { readonly [Q in Question]: (asked: Asked<Q>) => Answer<Q> };

/** Replicas may be of different versions while they are replaced, so what they tell each other is checked. */
export const ASKED: { readonly [Q in Question]: z.ZodType<Asked<Q>> } = {
  status: nothing,
  sessions: sessionsAsked,
  channels: channelsAsked,
  disconnect: z.object({ id: z.string() }),
  notice: z.object({ message: z.string() }),
};

export const ANSWERS: { readonly [Q in Question]: z.ZodType<Answer<Q>> } = {
  status,
  sessions,
  channels,
  disconnect: z.boolean(),
  notice: z.number(),
};

export function isQuestion(text: unknown): text is Question {
  return typeof text === 'string' && Object.hasOwn(ASKED, text);
}
