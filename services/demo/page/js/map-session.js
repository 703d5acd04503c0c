import { Connection } from './connection.js';
import { Meter } from './meter.js';

/** @typedef {import('./connection.js').Envelope} Envelope */
/** @typedef {import('./projections.js').Box} Box */
/** @typedef {import('./projections.js').Projection} Projection */
/** @typedef {import('./traffic.js').Traffic} Traffic */
/** @typedef {import('./traffic.js').VehicleFeature} VehicleFeature */
/** @typedef {{ trains: number, planes: number, published: number, speedup: number }} FeedReport */

/** Channels of vehicles, which are also the keys of their present state. */
const CHANNELS = ['trains', 'planes'];

/** Comes back with what answers a GET, so that it is not taken for live traffic. */
const SNAPSHOT = 'snapshot';

/** Shortest time between two boxes while the map is being moved, in milliseconds. */
const BOX_INTERVAL = 200;

/** Time between two measurements of the round trip, and how long an answer may take, in milliseconds. */
const PING_INTERVAL = 4000;
const PING_LIMIT = 10_000;

/** Wait before everything is asked for again that the gateway could not give, in milliseconds. */
const RETRY_MS = 2000;

const utf8 = new TextEncoder();

/**
 * @typedef {object} Events
 * @property {(state: 'connecting' | 'open' | 'waiting', retryMs: number) => void} state
 * @property {() => void} served the first report of the feed since the connection was made: all is well
 * @property {(message: string) => void} refused a command of the map's was answered with an error
 * @property {(direction: 'sent' | 'received', text: string) => void} line something went over the wire
 */

/** The map's own talk with the gateway: which box, which projection, what comes back. */
export class MapSession {
  messages = new Meter();
  bytes = new Meter();
  /** @type {FeedReport | null} */
  report = null;
  /** Milliseconds; null until it was measured on this connection. @type {number | null} */
  roundTrip = null;
  #connection;
  #traffic;
  #events;
  /** @type {{ projection: Projection, box: Box } | null} */
  #view = null;
  /** @type {number | null} */
  #pinged = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #boxTimer;
  #lastBox = 0;
  #served = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;

  /**
   * @param {string} url
   * @param {Traffic} traffic
   * @param {Events} events
   */
  constructor(url, traffic, events) {
    this.#traffic = traffic;
    this.#events = events;
    this.#connection = new Connection(url, {
      opened: () => {
        this.#pinged = null;
        this.#served = false;
        this.#restartMeters();
        events.state('open', 0);
        this.#introduce();
      },
      waiting: (retryMs) => {
        this.roundTrip = null;
        this.#restartMeters();
        events.state('waiting', retryMs);
      },
      connecting: () => events.state('connecting', 0),
      sent: (line) => events.line('sent', line),
      received: (envelope, text) => this.#receive(envelope, text),
    });
    setInterval(() => this.#ping(), PING_INTERVAL);
    setInterval(() => this.#tick(), 1000);
  }

  /** Connects, or does not wait any longer for the next attempt. */
  connect() {
    this.#connection.connect();
  }

  /**
   * Follows the map: the gateway is told of a new box soon, and of a new projection at once.
   *
   * @param {Projection} projection
   * @param {Box} box in that projection
   */
  follow(projection, box) {
    const turned = this.#view?.projection !== projection;
    this.#view = { projection, box };
    if (turned) {
      this.#traffic.clear();
      this.#introduce();
      return;
    }
    clearTimeout(this.#boxTimer);
    const wait = Math.max(0, this.#lastBox + BOX_INTERVAL - performance.now());
    this.#boxTimer = setTimeout(() => this.#sendBox(), wait);
  }

  /** Longest time for which a vehicle in the box may be silent before it must be gone, in milliseconds. */
  get longestSilence() {
    if (!this.report || this.report.published === 0) return 15_000;
    return Math.max(5000, (3000 * (this.report.trains + this.report.planes)) / this.report.published);
  }

  /** Everything that a new connection has to be told. */
  #introduce() {
    if (!this.#view || !this.#connection.isOpen) return;
    this.#connection.send(`PROJECTION ${this.#view.projection.code}`);
    this.#connection.send('GET feed');
    this.#connection.send('SUB feed');
    this.#sendBox();
    for (const channel of CHANNELS) {
      this.#connection.send(`SUB ${channel}`);
      this.#connection.send(`SUB ${channel}_removed`);
    }
  }

  #sendBox() {
    if (!this.#view) return;
    clearTimeout(this.#boxTimer);
    this.#lastBox = performance.now();
    const { box, projection } = this.#view;
    const numbers = [box.minX, box.minY, box.maxX, box.maxY].map((value) =>
      value.toFixed(projection.decimals),
    );
    this.#connection.send(`BBOX ${numbers.join(' ')}`);
    // What stands in the new part of the box would otherwise show only with its next change.
    for (const channel of CHANNELS) this.#connection.send(`GET ${channel} client_ref=${SNAPSHOT}`);
  }

  #restartMeters() {
    this.messages.reset();
    this.bytes.reset();
  }

  #tick() {
    if (!this.#connection.isOpen) return;
    this.messages.tick();
    this.bytes.tick();
  }

  #ping() {
    if (!this.#connection.isOpen) return;
    const now = performance.now();
    if (this.#pinged === null) {
      this.#pinged = now;
      this.#connection.send('PING');
    } else if (now - this.#pinged > PING_LIMIT) {
      this.#connection.replace();
    }
  }

  /**
   * @param {Envelope} envelope
   * @param {string} text as it came
   */
  #receive(envelope, text) {
    this.bytes.add(utf8.encode(text).length);
    this.#events.line('received', text);
    const { source, content } = envelope;
    if (source === 'websocket') this.#receiveStatus(content);
    else if (content === null) return;
    else if (source === 'feed') this.#receiveReport(/** @type {FeedReport} */ (content));
    else if (CHANNELS.includes(source))
      this.#receiveVehicle(/** @type {VehicleFeature} */ (content), envelope);
    else this.#traffic.remove(/** @type {string} */ (content));
  }

  /** @param {FeedReport} report */
  #receiveReport(report) {
    this.report = report;
    if (!this.#served) this.#events.served();
    this.#served = true;
  }

  /**
   * @param {VehicleFeature} feature
   * @param {Envelope} envelope
   */
  #receiveVehicle(feature, envelope) {
    if (envelope.client_reference !== SNAPSHOT) this.messages.add(1);
    this.#traffic.update(feature, performance.now());
  }

  /** @param {unknown} content */
  #receiveStatus(content) {
    if (content === 'PONG' && this.#pinged !== null) {
      this.roundTrip = performance.now() - this.#pinged;
      this.#pinged = null;
    }
    const { status, message } = /** @type {{ status?: string, message?: string }} */ (content);
    if (status !== 'error') return;
    this.#events.refused(message ?? 'The gateway refused a command.');
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#introduce(), RETRY_MS);
  }
}
