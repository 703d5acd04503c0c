import { z } from 'zod';

/** The state of a replica. */
const status = z.object({
  /** Version of the gateway's software. */
  version: z.string(),
  /** Seconds since it started. */
  uptime: z.number(),
  /** Whether it serves; the same as its `/readyz`. */
  ready: z.boolean(),
  /** Whether it is about to stop and accepts no further connections. */
  draining: z.boolean(),
  /** Open connections by transport. */
  connections: z.object({ raw: z.number(), 'socket.io': z.number(), sse: z.number().default(0) }),
});

const box = z.object({ left: z.number(), bottom: z.number(), right: z.number(), top: z.number() });

/** One session as operators see it. */
const session = z.object({
  id: z.string(),
  transport: z.enum(['raw', 'socket.io', 'sse']),
  /** When it began: milliseconds since the epoch. */
  since: z.number(),
  /** Address of the other end of its connection: the client's, or a proxy's. */
  address: z.string().nullable(),
  /** Its channels, or some of them if there are very many. */
  subscriptions: z.array(z.string()),
  /** How many channels it has. */
  subscriptionCount: z.number(),
  view: z.object({
    projection: z.string(),
    axisOrder: z.enum(['xy', 'crs']),
    bbox: box.nullable(),
    /** The CRS in which the numbers of a box are read. */
    boxCrs: z.string(),
    trim: z.boolean(),
    hints: z.array(z.string()),
    namedHints: z.record(z.string(), z.string()),
    /** True between RESET and the next BBOX: no features are sent. */
    held: z.boolean(),
  }),
  /** What the client requested with BUFFER. */
  buffer: z.object({ size: z.number(), ms: z.number() }).nullable(),
  /** Bytes that are queued for the client, without those that the connection itself holds. */
  queuedBytes: z.number(),
  /** What it shares with the other sessions of its API key or token on the same replica; null if that has no limits. */
  account: z
    .object({
      /** Name of the API key; null for a token. */
      key: z.string().nullable(),
      connections: z.number(),
      subscriptions: z.number(),
      /** Limits that it does not have are missing. */
      limits: z.object({
        connections: z.number().optional(),
        subscriptions: z.number().optional(),
        bytesPerSecond: z.number().optional(),
      }),
    })
    .nullable()
    // Replicas of an older version do not send it.
    .default(null),
});

/** Sessions of one replica, in no particular order. */
const sessions = z.object({
  /** Their number, whether listed or not. */
  total: z.number(),
  listed: z.array(session),
});

const channel = z.object({
  channel: z.string(),
  subscribers: z.number(),
  /** The same by the CRS in which they receive features. */
  byCrs: z.record(z.string(), z.number()),
});

/** Channels of one replica, in the order of their names' UTF-16 code units. */
const channels = z.object({
  listed: z.array(channel),
  /** True if more channels follow in that order. */
  more: z.boolean(),
});

/** One of the busiest channels of one replica. */
const busyChannel = z.object({
  channel: z.string(),
  messagesPerSecond: z.number(),
  bytesPerSecond: z.number(),
});

export type BusyChannelReport = z.infer<typeof busyChannel>;
export type ReplicaStatus = z.infer<typeof status>;
export type SessionReport = z.infer<typeof session>;
export type SessionsReport = z.infer<typeof sessions>;
export type ChannelReport = z.infer<typeof channel>;
export type ChannelsReport = z.infer<typeof channels>;

const sessionsParameters = z.object({
  /** Only sessions that are subscribed to this channel. */
  channel: z.string().nullable(),
  /** Maximum number of rows. */
  limit: z.number(),
});

const channelsParameters = z.object({
  /** Only channels that follow this name. */
  after: z.string(),
  /** Maximum number of rows. */
  limit: z.number(),
});

const busiestParameters = z.object({
  /** The rate that decides. */
  by: z.enum(['messages', 'bytes']),
  /** Maximum number of rows. */
  limit: z.number(),
});

const subscribersParameters = z.object({ channels: z.array(z.string()) });

const nothing = z.object({});

/** What a replica can be asked for, or asked to do: the parameters and the answer of each. */
export interface Questions {
  status: { parameters: z.infer<typeof nothing>; answer: ReplicaStatus };
  sessions: { parameters: z.infer<typeof sessionsParameters>; answer: SessionsReport };
  channels: { parameters: z.infer<typeof channelsParameters>; answer: ChannelsReport };
  /** The busiest channels, from the busiest down. */
  busiest: { parameters: z.infer<typeof busiestParameters>; answer: BusyChannelReport[] };
  /** The number of subscribers of each of these channels, in the same order. */
  subscribers: { parameters: z.infer<typeof subscribersParameters>; answer: number[] };
  /** The session with that id; null if there is none. */
  session: { parameters: { id: string }; answer: SessionReport | null };
  /** Ends the session with that id; answers whether there was one. */
  disconnect: { parameters: { id: string }; answer: boolean };
  /** Sends all sessions a notice; answers to how many. */
  notice: { parameters: { message: string }; answer: number };
}

export type Question = keyof Questions;
export type ParametersOf<Q extends Question> = Questions[Q]['parameters'];
export type Answer<Q extends Question> = Questions[Q]['answer'];

/** Answers for one replica. */
export type QuestionHandlers = { readonly [Q in Question]: (parameters: ParametersOf<Q>) => Answer<Q> };

/** During an upgrade, replicas have different versions, so messages between them are checked. */
export const PARAMETERS: { readonly [Q in Question]: z.ZodType<ParametersOf<Q>> } = {
  status: nothing,
  sessions: sessionsParameters,
  channels: channelsParameters,
  busiest: busiestParameters,
  subscribers: subscribersParameters,
  session: z.object({ id: z.string() }),
  disconnect: z.object({ id: z.string() }),
  notice: z.object({ message: z.string() }),
};

export const ANSWERS: { readonly [Q in Question]: z.ZodType<Answer<Q>> } = {
  status,
  sessions,
  channels,
  busiest: z.array(busyChannel),
  subscribers: z.array(z.number()),
  session: session.nullable(),
  disconnect: z.boolean(),
  notice: z.number(),
};

export function isQuestion(text: unknown): text is Question {
  return typeof text === 'string' && Object.hasOwn(PARAMETERS, text);
}
