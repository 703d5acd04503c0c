/** Sizes and durations of the scenarios. */
export interface Sizes {
  /** Measured time of each step, in seconds, and the time before it. */
  seconds: number;
  warmSeconds: number;
  /** Clients of most scenarios. */
  clients: number;
  /** Clients of the scenario with long lines. */
  lineClients: number;
  /** Values of the hash, and clients that request it at once. */
  hashValues: number;
  hashClients: number;
  /** Idle connections; how many of them have further subscriptions, and to how many channels. */
  idle: number;
  idleSubscribers: number;
  idleChannels: number;
  /** Channels with three clients each. */
  channels: number;
  storm: number;
  /** Connected clients of the growth scenario, from few to many; matches per message; messages per second. */
  growth: readonly number[];
  growthMatches: number;
  growthRate: number;
  /** Messages per second of the fixed loads. */
  plainRates: readonly number[];
  geoRates: readonly number[];
  /** Clients and messages per second that determine the costs of a delivery and of a write. */
  costClients: number;
  costRate: number;
  /** Messages per second that determine the cost of a message. */
  costMessageRate: number;
  /** Seconds with lone messages. */
  loneSeconds: number;
  /** Seconds with big messages, and the bytes of each. */
  bigSeconds: number;
  bigBytes: number;
  /** Features in a live channel, from few to many; pans to measure; messages per second. */
  liveFeatures: readonly number[];
  livePans: number;
  liveRate: number;
  /** Hours of feed time. */
  liveHours: number;
  /** Requests to the HTTP API to measure; clients that are shown a box, over each of the two transports. */
  itemRequests: number;
  /** Such requests per second beside clients with WebSockets, from few to many. */
  itemRates: readonly number[];
  streams: number;
  /** How many times each of the two transports is measured. */
  eventRounds: number;
  /** Number of open loops below the maximum rate to try until one is sustained. */
  attempts: number;
}

export const FULL: Sizes = {
  seconds: 3,
  warmSeconds: 1,
  clients: 1000,
  lineClients: 100,
  hashValues: 10_000,
  hashClients: 10,
  idle: 5000,
  idleSubscribers: 1000,
  idleChannels: 20,
  channels: 1000,
  storm: 5000,
  growth: [1000, 5000, 10_000],
  growthMatches: 20,
  growthRate: 1000,
  plainRates: [5, 50, 200],
  geoRates: [10, 200, 2000],
  costClients: 250,
  costRate: 200,
  costMessageRate: 16_000,
  loneSeconds: 12,
  bigSeconds: 20,
  bigBytes: 5_000_000,
  liveFeatures: [10_000, 100_000],
  livePans: 500,
  liveRate: 500,
  liveHours: 1,
  itemRequests: 2000,
  itemRates: [100, 250, 500, 1000],
  streams: 5000,
  eventRounds: 3,
  attempts: 5,
};

/** Everything in a few minutes: a first impression. */
const QUICK: Sizes = {
  ...FULL,
  seconds: 1,
  warmSeconds: 0.5,
  clients: 300,
  lineClients: 50,
  hashValues: 2000,
  hashClients: 5,
  idle: 1000,
  idleSubscribers: 300,
  channels: 200,
  storm: 1000,
  growth: [300, 1500],
  growthRate: 400,
  plainRates: [5, 50],
  geoRates: [10, 200],
  costClients: 100,
  costRate: 100,
  costMessageRate: 8000,
  loneSeconds: 2,
  bigSeconds: 6,
  livePans: 200,
  liveRate: 200,
  itemRequests: 500,
  itemRates: [100, 500],
  streams: 500,
  eventRounds: 1,
  attempts: 2,
};

/** Just enough to see that nothing is lost: for tests. */
export const TINY: Sizes = {
  seconds: 0.5,
  warmSeconds: 0.2,
  clients: 20,
  lineClients: 5,
  hashValues: 200,
  hashClients: 3,
  idle: 20,
  idleSubscribers: 5,
  idleChannels: 5,
  channels: 10,
  storm: 50,
  growth: [20, 60],
  growthMatches: 4,
  growthRate: 100,
  plainRates: [50],
  geoRates: [100],
  costClients: 10,
  costRate: 50,
  costMessageRate: 500,
  loneSeconds: 0.5,
  bigSeconds: 2,
  bigBytes: 100_000,
  liveFeatures: [2000],
  livePans: 5,
  liveRate: 50,
  liveHours: 0.05,
  itemRequests: 20,
  itemRates: [20],
  streams: 10,
  eventRounds: 1,
  attempts: 1,
};

/** All sizes, by the names under which results keep them. */
export const SIZES = { full: FULL, quick: QUICK, tiny: TINY } as const;
export type SizeName = keyof typeof SIZES;
