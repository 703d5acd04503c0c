// Written by npm run generate from the table of settings. Do not edit.

/** Where the data comes from. */
export interface RedisOptions {
  /**
   * The data source: `redis://[user:password@]host:port[/db]`, `redis+sentinel://[user:password@]host:port,host:port/master[/db]` or `redis+cluster://[user:password@]host:port,host:port`, each with `rediss` for TLS, or `memory:` for the embedded source.
   *
   * @default redis://localhost:6379
   */
  url?: string;
  /**
   * User name for the Sentinels, if they require one. Needs a password.
   */
  sentinelUser?: string;
  /**
   * Password for the Sentinels themselves, if they need one. The password in `REDIS_URL` is for the master.
   */
  sentinelPassword?: string;
  /**
   * Path of a PEM file with the certificates of the authorities to trust for `rediss`, in place of the public ones.
   */
  tlsCaFile?: string;
  /**
   * Path of a PEM file with the gateway's own certificate, if Redis asks for one, as it does by default (`tls-auth-clients`). Needs a key. The files are read for each connection, so they can be renewed.
   */
  tlsCertFile?: string;
  /**
   * Path of a PEM file with the private key of that certificate.
   */
  tlsKeyFile?: string;
  /**
   * How your publishers publish: `plain` with PUBLISH, or `sharded` with SPUBLISH (Redis 7 or newer), which spreads the load over the nodes of a Redis Cluster.
   *
   * @default plain
   */
  pubSub?: 'plain' | 'sharded';
  /**
   * If nothing arrives from Redis for this time, a command that waits for its answer fails with `source_unavailable`. A long answer over a slow connection may take longer.
   *
   * @default 5000
   */
  timeoutMs?: number;
}

/** Who may connect: origins, tokens and API keys. */
export interface AuthOptions {
  /**
   * Origins of pages that may connect, on any transport, or use the HTTP API, separated by commas: `https://map.example.org`, `https://*.example.org`, `null` for local files, `*` for any. Clients outside a browser send no origin and are not affected.
   *
   * @default *
   */
  allowedOrigins?: readonly string[];
  /**
   * Turns on tokens: JWTs signed with HS256 and this secret of at least 32 bytes. Set at most one of `JWT_SECRET`, `JWT_PUBLIC_KEY`, `JWT_PUBLIC_KEY_FILE` and `JWT_JWKS_URL`.
   */
  jwtSecret?: string;
  /**
   * Turns on tokens signed with RS256 or ES256, depending on the type of this public key (PEM, with `\n` for line breaks).
   */
  jwtPublicKey?: string;
  /**
   * Path of a PEM file to use as `JWT_PUBLIC_KEY`.
   */
  jwtPublicKeyFile?: string;
  /**
   * Turns on tokens signed with RS256 or ES256 and a key from the JSON Web Key Set at this address. The keys may change at any time.
   */
  jwtJwksUrl?: string;
  /**
   * Minimum time between two reads of the key set that are caused by tokens with unknown keys, and longest wait after reads that failed: it begins at one second, and doubles.
   *
   * @default 30000
   */
  jwtJwksCooldownMs?: number;
  /**
   * The key set is read again after this time. A withdrawn key is accepted for at most this long.
   *
   * @default 600000
   */
  jwtJwksMaxAgeMs?: number;
  /**
   * The `iss` that tokens must have. Empty for any.
   */
  jwtIssuer?: string;
  /**
   * Tokens must have one of these as `aud`. Separated by commas; empty for any.
   */
  jwtAudience?: readonly string[];
  /**
   * Allowed difference between the clocks of gateway and issuer: a token is accepted for this long after its `exp`.
   *
   * @default 5000
   */
  jwtClockToleranceMs?: number;
  /**
   * `on` refuses tokens without `exp`, so that every session ends with its token.
   *
   * @default off
   */
  jwtRequireExp?: boolean;
  /**
   * Turns on API keys: a JSON list of their SHA-256 hashes, with what each key allows and its limits (see docs/security.md).
   */
  apiKeys?: string;
  /**
   * Path of a JSON file to use as `API_KEYS`.
   */
  apiKeysFile?: string;
  /**
   * What sessions with an area receive of messages and hash values that are not GeoJSON, such as lists of features or text: nothing (`on`), or all of it (`off`).
   *
   * @default on
   */
  areaStrict?: boolean;
}

/** Form and timing of the features that clients receive. */
export interface DeliveryOptions {
  /**
   * CRS in which a new session receives features until it sends PROJECTION. geOps clients expect `epsg:3857`.
   *
   * @default epsg:4326
   */
  defaultProjection?: string;
  /**
   * Reprojected coordinates are rounded to this step, in metres. A client may ask for a coarser one.
   *
   * @default 0.001
   */
  precisionMetres?: number;
  /**
   * The same step for geographic CRSs, in degrees.
   *
   * @default 0.00000001
   */
  precisionDegrees?: number;
  /**
   * In a steady stream, the messages of one client are collected for at most this time and sent in one write. A single message is sent at once.
   *
   * @default 20
   */
  flushMs?: number;
  /**
   * Time between two heartbeats. A client that does not answer one before the next is disconnected.
   *
   * @default 25000
   */
  heartbeatMs?: number;
  /**
   * The gateway stays subscribed in Redis for this time after the last client has left a channel.
   *
   * @default 500
   */
  unsubscribeDelayMs?: number;
  /**
   * A GET may be answered from a hash that was read for another GET up to this long ago. 0: only GETs that arrive during a read share it.
   *
   * @default 0
   */
  snapshotShareMs?: number;
  /**
   * When more than this is queued for a slow client, only the newest message of each feature is kept. 0: no limit in bytes. At most `MAX_QUEUE_BYTES` applies.
   *
   * @default 1 MiB
   */
  conflateBytes?: number | string;
  /**
   * The same limit, in messages. If both are 0, every message is kept.
   *
   * @default 1000
   */
  conflateMessages?: number;
  /**
   * The member of `properties` that identifies a Feature without an `id`, for slow clients and live views. Empty for none.
   */
  featureIdProperty?: string;
  /**
   * Compression (permessage-deflate) for raw clients that offer it: `on` or `off`.
   *
   * @default off
   */
  deflate?: boolean;
  /**
   * Messages shorter than this are not compressed.
   *
   * @default 1 KiB
   */
  deflateMinBytes?: number | string;
  /**
   * From 1 (fast) to 9 (small).
   *
   * @default 1
   */
  deflateLevel?: number;
}

/** Limits on what clients may do. Sizes are bytes, or text such as `8 MiB`. */
export interface LimitOptions {
  /**
   * Defaults of the limits: `public` for the open internet, or `off` for trusted networks, where clients share addresses and are not hostile. A limit that is set explicitly keeps its value with either.
   *
   * @default public
   */
  profile?: 'public' | 'off';
  /**
   * Connections of all transports together. Further ones are refused.
   *
   * @default 50000
   */
  maxConnections?: number;
  /**
   * Proxies whose `X-Forwarded-For` or `X-Real-IP` gives a client's address: addresses, CIDR blocks, `loopback`, `private` or `linklocal`, separated by commas. If empty, a client has the address of its connection.
   */
  trustedProxies?: readonly string[];
  /**
   * Connections from one IPv4 address or one IPv6 /64 network: sessions, and as many HTTP connections that are not WebSockets. Further ones are refused with 429. 0: no limit.
   *
   * @default 50; 0 with `profile: 'off'`
   */
  maxConnectionsPerAddress?: number;
  /**
   * New connections per second, and in one burst. Further ones are refused with 429. 0: no limit.
   *
   * @default 500; 0 with `profile: 'off'`
   */
  connectionsPerSecond?: number;
  /**
   * The same limit for one IPv4 address or one IPv6 /64 network. It may open ten times as many HTTP connections per second, WebSockets included; further ones are refused with 429, except from `TRUSTED_PROXIES`.
   *
   * @default 10; 0 with `profile: 'off'`
   */
  connectionsPerSecondPerAddress?: number;
  /**
   * A connection is cut if its HTTP request is not complete within this time, if the handshake of a WebSocket or of socket.io waits for its turn for this long, or if a socket.io connection stays without a session for this long. A hook of an embedding program that takes longer counts as failed.
   *
   * @default 10000
   */
  handshakeTimeoutMs?: number;
  /**
   * Channels that clients are subscribed to, all together. Subscriptions to further ones are refused; clients can reach this only if `CHANNELS` has globs.
   *
   * @default 20000; 200000 with `profile: 'off'`
   */
  maxChannels?: number;
  /**
   * Longest frame that a client may send. A longer one ends the connection with 1009.
   *
   * @default 128 KiB; 1 MiB with `profile: 'off'`
   */
  maxFrameBytes?: number | string;
  /**
   * Subscriptions of one session.
   *
   * @default 100; 1000 with `profile: 'off'`
   */
  maxSubscriptions?: number;
  /**
   * Distinct projections and precisions in which the messages of one channel are sent, because each may cost work for every message. One address may add a quarter of them. Further ones are refused with `too_many_views`. 0: no limit.
   *
   * @default 100; 0 with `profile: 'off'`
   */
  maxViewsPerChannel?: number;
  /**
   * Commands of one session that may wait for earlier ones, each counted as in `COMMANDS_PER_SECOND`. Further ones are refused.
   *
   * @default 100; 1000 with `profile: 'off'`
   */
  maxPendingCommands?: number;
  /**
   * Commands of one session per second, and twice as many in one burst. A command counts once for each 4 KiB or part of it. Further ones are refused; a client that keeps sending them is closed with 4006. 0: no limit.
   *
   * @default 50; 1000 with `profile: 'off'`
   */
  commandsPerSecond?: number;
  /**
   * Changes of the view of one session per second (BBOX, PROJECTION, RESET and TOKEN), and twice as many in one burst. An expensive change counts as several: together they take at most a tenth of the main thread. Further ones wait, and of consecutive boxes only the last one counts. 0: no limit.
   *
   * @default 20; 100 with `profile: 'off'`
   */
  viewChangesPerSecond?: number;
  /**
   * A session without a subscription that sends no command for this time is closed with 4007. 0: never.
   *
   * @default 600000; 0 with `profile: 'off'`
   */
  idleTimeoutMs?: number;
  /**
   * What may be queued for one slow client. Beyond it, the client is closed with 4001.
   *
   * @default 8 MiB
   */
  maxQueueBytes?: number | string;
  /**
   * The same limit, in messages.
   *
   * @default 50000
   */
  maxQueueMessages?: number;
  /**
   * What may wait for all slow clients together; a message that many of them wait for counts once. Beyond it, only the newest message of each feature is kept; then those that have read nothing for the longest time, and hold no less than the average, are closed with 4001.
   *
   * @default 64 MiB
   */
  maxTotalQueueBytes?: number | string;
  /**
   * Longest message that a client may publish.
   *
   * @default 64 KiB
   */
  maxPublishBytes?: number | string;
  /**
   * Messages that one session may publish per second, and in one burst.
   *
   * @default 10
   */
  maxPublishesPerSecond?: number;
  /**
   * Bytes that published messages of clients may cause on this gateway per second, and in one burst: those of their envelopes, once for each session here that receives them. Networks share them in equal parts; a network is one IPv4 address or one IPv6 /64 network. Further messages are refused with `rate_limited`. 0: no limit.
   *
   * @default 16 MiB; 0 with `profile: 'off'`
   */
  maxPublishedBytesPerSecond?: number | string;
  /**
   * Values of a hash that one GET reads. A larger hash is refused with `snapshot_too_big`.
   *
   * @default 1000000
   */
  maxSnapshotValues?: number;
  /**
   * Memory for everything that is read for clients, as it is stored, until they have received it. Further reads wait in turn; meanwhile, clients that have stopped reading are closed with 4001. One read may take seven eighths of it: a larger hash is refused with `snapshot_too_big`.
   *
   * @default 128 MiB
   */
  maxReadBytes?: number | string;
  /**
   * Entries of a Redis Stream that one `SUB` with `since` can recover, within seven eighths of `MAX_READ_BYTES`. A client that missed more needs a snapshot.
   *
   * @default 10000
   */
  maxRecovery?: number;
}

/** The threads for big messages and large hashes. */
export interface WorkerOptions {
  /**
   * Threads for big messages and large hashes, started with the first work. `auto`: one per core, at most 2. 0: the main thread does everything.
   *
   * @default auto
   */
  threads?: number | 'auto';
  /**
   * Messages, and values of hashes, of at least this size go to the workers.
   *
   * @default 64 KiB
   */
  minBytes?: number | string;
  /**
   * Hashes whose values together have about this size, or more, go to the workers, however small each value is.
   *
   * @default 1 MiB
   */
  minHashBytes?: number | string;
  /**
   * A worker that spends more than this on one task is replaced, and the task is tried once more.
   *
   * @default 10000
   */
  timeoutMs?: number;
  /**
   * Backlog of big messages and of those behind them in the same channels. Beyond it, a channel keeps its newest messages.
   *
   * @default 64 MiB
   */
  queueBytes?: number | string;
  /**
   * The same limit, in messages.
   *
   * @default 10000
   */
  queueMessages?: number;
}

/** The read-only HTTP API. */
export interface HttpApiOptions {
  /**
   * Path of the HTTP API, through which clients of OGC API - Features read what `CHANNELS` allows (docs/http-api.md). `off` turns it off.
   *
   * @default /ogc
   */
  path?: string;
  /**
   * Titles, descriptions, extents and further CRSs of channels in the HTTP API: a JSON list, or the path of a file with one (docs/http-api.md). The API lists these channels and those that `CHANNELS` names without a glob.
   */
  collections?: string;
}

/** The admin API, and how replicas know each other. */
export interface AdminOptions {
  /**
   * Turns on the admin API at `/admin` for requests with `Authorization: Bearer <token>`, and lets replicas know each other. Use the same token on all replicas. Empty: both are off.
   */
  token?: string;
  /**
   * TCP port for the admin API alone, on the same `HOST`, so that no proxy in front of `PORT` can reach it: there, `/admin` is then like any unknown path. 0 takes any free port. Empty: the API is on `PORT`.
   */
  port?: number | undefined;
  /**
   * Name of this replica in the admin API. Empty for the host name with a random suffix.
   */
  replicaId?: string;
  /**
   * Replicas with the same group name on the same Redis know each other.
   *
   * @default viaduct
   */
  group?: string;
}

/** Every setting as an option. Omitted options have their defaults. */
export interface SettingOptions {
  /**
   * Channels and keys that clients may read: names or globs (`*`, `?`, `[a-z]`), separated by commas. If empty, nothing is readable.
   */
  channels?: readonly string[];
  /**
   * Channels that are Redis Streams, as names or globs. The gateway tails them, and clients can ask for the entries that they missed. They must be in `CHANNELS`, too.
   */
  streams?: readonly string[];
  /**
   * The hash with a stream's state has the stream's name and this suffix: `SUB ships snapshot=true` reads `ships:state`.
   *
   * @default :state
   */
  streamStateSuffix?: string;
  /**
   * Channels that clients may publish to with PUB: names or globs. If empty, nobody may publish. With tokens or API keys on, a client also needs the channel in its `publish` list.
   */
  publishChannels?: readonly string[];
  /**
   * Channels whose messages are counted by name in metrics, with or without clients, and how long each may be silent before the alert `ViaductChannelSilent`: `trains=60s,buses=10m`. At most 100 names, no globs; clients can read them only if `CHANNELS` has them, too.
   */
  watchChannels?: readonly string[];
  /**
   * With tokens or API keys on: the part of `CHANNELS` that clients without credentials may read. If empty, they may read nothing.
   */
  anonymousChannels?: readonly string[];
  /**
   * TCP port to listen on. 0 takes any free port.
   *
   * @default 8080
   */
  port?: number;
  /**
   * Address to listen on. Empty for all interfaces.
   */
  host?: string;
  /**
   * How long an HTTP connection stays open for the next request. Longer than the idle timeout of a proxy or load balancer in front (often 60 s), so that it never sends a request on a connection that is being closed.
   *
   * @default 75000
   */
  keepAliveMs?: number;
  /**
   * Directory of a web page to serve at `/`. A file with a copy that ends in `.br` or `.gz` is served compressed. The directory is read at the start. Empty for no page.
   */
  pageDir?: string;
  /**
   * Modules with your own commands, separated by commas, relative to the working directory.
   */
  commandModules?: readonly string[];
  /**
   * On SIGTERM, the gateway closes its connections evenly over this time. A second signal, or SIGINT, stops it at once.
   *
   * @default 20000
   */
  drainMs?: number;
  /**
   * One of fatal, error, warn, info, debug, trace, silent.
   *
   * @default info
   */
  logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /**
   * Host name and port of all gateways, such as `gateway:8080`; the name resolves to the address of each. A gateway that stops then spreads the closing of its connections over `DRAIN_MS` only as long as another gateway is ready, and otherwise closes them at once, because nobody could take them over. Empty: it always takes `DRAIN_MS`.
   */
  peers?: string;
  /** The URL of the data source, or all of its options. */
  redis?: string | RedisOptions;
  auth?: AuthOptions;
  delivery?: DeliveryOptions;
  limits?: LimitOptions;
  workers?: WorkerOptions;
  httpApi?: HttpApiOptions;
  admin?: AdminOptions;
}
