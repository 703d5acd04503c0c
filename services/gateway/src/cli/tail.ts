import type { IncomingMessage } from 'node:http';
import { type Envelope, type ErrorStatus, parseEnvelope, STATUS_SOURCE } from '@viaduct/protocol';
import { WebSocket } from 'ws';
import { LiveLog } from './tail-live.js';
import { readTailOptions, TAIL_HELP, type TailOptions } from './tail-options.js';
import { type Screen, TailPrinter } from './tail-printer.js';
import { painter, terminalSafe, widthOf } from './terminal.js';

/** How long the gateway may take to accept the connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

const RATES_INTERVAL_MS = 1_000;

/** With a box, how long tail is silent before it prints a hint, in milliseconds. */
const SILENCE_MS = 10_000;

/** Statuses that only confirm what tail did. */
const CONFIRMATIONS: readonly unknown[] = ['open', 'ok'];

/** Runs `viaduct tail` until a signal or the gateway ends it. */
export async function tail(args: readonly string[]): Promise<number> {
  const options = readTailOptions(args, process.env, process.stdout.isTTY);
  if (options === null) {
    process.stdout.write(TAIL_HELP);
    return 0;
  }
  const following = new Following(options, outputOf(options));
  const stop = (): void => following.end(0);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  // Nobody reads the rest, as after `head`.
  process.stdout.on('error', stop);
  return following.ended;
}

/** Where envelopes go. */
interface Output {
  /** @param text the envelope as it arrived */
  envelope(envelope: Envelope, text: string): void;
  tick(): void;
  end(): void;
}

function outputOf({ format, colours, live }: TailOptions): Output {
  if (format === 'json') return { envelope: printJson, tick: () => {}, end: () => {} };
  const screen: Screen = {
    write: (text) => void process.stdout.write(text),
    paint: painter(colours),
    width: () => widthOf(process.stdout),
  };
  const printer = new TailPrinter(screen, performance.now(), live ? new LiveLog() : null);
  return {
    envelope: (envelope, text) => printer.envelope(envelope, Buffer.byteLength(text)),
    tick: () => printer.rates(performance.now()),
    end: () => printer.summary(performance.now()),
  };
}

/** One line, even if the publisher's JSON has several. */
function printJson(envelope: Envelope, text: string): void {
  process.stdout.write(`${/[\r\n]/u.test(text) ? JSON.stringify(envelope) : text}\n`);
}

/** One connection to a gateway, from the handshake to the exit code. */
class Following {
  /** The exit code. */
  readonly ended: Promise<number>;
  readonly #options: TailOptions;
  readonly #output: Output;
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #silence: NodeJS.Timeout | undefined;
  #resolve: (code: number) => void = () => {};
  #messages = 0;
  #opened = false;
  #over = false;

  constructor(options: TailOptions, output: Output) {
    this.#options = options;
    this.#output = output;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setInterval(() => output.tick(), RATES_INTERVAL_MS);
    this.#socket = new WebSocket(options.url, {
      headers: options.headers,
      handshakeTimeout: CONNECT_TIMEOUT_MS,
    });
    this.#socket.on('open', () => {
      this.#opened = true;
      for (const command of options.commands) this.#socket.send(command);
      if (options.box !== null) this.#silence = setTimeout(() => this.#printBoxHint(), SILENCE_MS);
    });
    this.#socket.on('message', (data) => this.#receive(data.toString()));
    this.#socket.on('error', (error) => this.#fail(unreachable(options.url, error)));
    this.#socket.on('unexpected-response', (_request, response) =>
      this.#fail(refused(options.url, response)),
    );
    this.#socket.on('close', (code, reason) => this.#fail(closed(code, reason.toString())));
  }

  /** Ends with this exit code; a second call changes nothing. */
  end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#timer);
    clearTimeout(this.#silence);
    if (this.#opened) this.#output.end();
    this.#socket.terminate();
    this.#resolve(code);
  }

  #printBoxHint(): void {
    const { box, live } = this.#options;
    const hint = live ? '' : '; --live shows how many features are outside';
    process.stderr.write(
      `viaduct tail: nothing has passed the box ${box} so far; a box is minX,minY,maxX,maxY, in degrees longitude before latitude${hint}\n`,
    );
  }

  #fail(message: string): void {
    if (this.#over) return;
    this.end(1);
    process.stderr.write(`viaduct tail: ${terminalSafe(message)}\n`);
  }

  #receive(text: string): void {
    if (this.#over) return;
    const envelope = readEnvelope(text);
    if (envelope === null) {
      this.#fail(`${this.#options.url} is not a Viaduct gateway: it sends no envelopes`);
    } else if (envelope.source === STATUS_SOURCE) {
      this.#status(envelope, text);
    } else {
      this.#message(envelope, text);
    }
  }

  #status(envelope: Envelope, text: string): void {
    const content = envelope.content as Partial<ErrorStatus>;
    if (content.status === 'error') this.#fail(`${content.code}: ${content.message}`);
    else if (!CONFIRMATIONS.includes(content.status)) this.#output.envelope(envelope, text);
  }

  #message(envelope: Envelope, text: string): void {
    this.#output.envelope(envelope, text);
    this.#messages += 1;
    clearTimeout(this.#silence);
    if (this.#messages >= this.#options.limit) this.end(0);
    // A slow reader of the pipe slows the gateway down for this client, instead of filling the memory.
    else if (process.stdout.writableNeedDrain && !this.#socket.isPaused) {
      this.#socket.pause();
      process.stdout.once('drain', () => this.#socket.resume());
    }
  }
}

/** The envelope in a frame; null if there is none. */
function readEnvelope(text: string): Envelope | null {
  try {
    return parseEnvelope(text);
  } catch {
    return null;
  }
}

function unreachable(url: string, error: Error & { code?: string }): string {
  const why = error.message === '' ? (error.code ?? error.name) : error.message;
  const isSecure = url.startsWith('wss:');
  if (isSecure && NO_TLS.test(why)) return `${url} does not use TLS: write ${url.replace('wss:', 'ws:')}`;
  const remedy =
    !isSecure && CUT.test(why)
      ? `If it uses TLS, write ${url.replace('ws:', 'wss:')}`
      : 'Is a gateway running there? --url names another address';
  return `cannot connect to ${url}: ${why}. ${remedy}`;
}

/** How OpenSSL describes an answer that is not TLS. */
const NO_TLS = /wrong version number|packet length too long|EPROTO/u;

/** How Node describes an answer that is not HTTP, or none, as from a server that expects TLS. */
const CUT = /socket hang up|ECONNRESET|Parse Error/u;

function refused(url: string, { statusCode }: IncomingMessage): string {
  if (statusCode === 401) return `${url} requires a token or key: use --token or --key (401)`;
  if (statusCode === 503)
    return `${url} accepts no more connections, or is about to restart; try again later (503)`;
  if (statusCode === 429) return `${url} has too many connections from this address; try again later (429)`;
  const hint =
    statusCode === 400 && url.startsWith('ws:')
      ? `. If it uses TLS, write ${url.replace('ws:', 'wss:')}`
      : '';
  return `${url} is not a Viaduct gateway: it answered the handshake with HTTP status ${statusCode}${hint}`;
}

function closed(code: number, reason: string): string {
  if (code === 1006) return 'the connection broke';
  return `the gateway closed the connection: ${code}${reason === '' ? '' : ` ${reason}`}`;
}
