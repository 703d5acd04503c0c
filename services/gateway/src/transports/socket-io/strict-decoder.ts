import { Decoder, PacketType } from 'socket.io-parser';
import { TokenBucket } from '../../admission/token-bucket.js';
import { mostAtOnce, weightOf } from '../../commands/command-rate.js';

/** A packet that names a namespace; packets for the only one, `/`, omit it (socket.io protocol 5). */
const NAMES_NAMESPACE = /^\d(?:\d+-)?\//u;

/** The most such packets that are answered for one client: a client with a wrong address sends one or two. */
const MAX_NAMESPACES = 20;

/** The longest CONNECT packet, in characters: enough for credentials, and clients need no more. */
const MAX_CONNECT_LENGTH = 16 * 1024;
const CONNECT = String(PacketType.CONNECT);

/**
 * The most attachments of one packet. Commands have none, and one is allowed so that the client receives an error. Of a
 * packet with several, the first ones would stay in memory until the last one arrives.
 */
const MAX_ATTACHMENTS = 1;

/** The event that ends a session whose client sends too many packets, after earlier commands. No client can send it. */
export const FLOOD = Symbol('too many packets');

/**
 * The most packets that a client can send at once: as many commands as it can send without being closed, and those for other
 * namespaces.
 */
export function mostPackets(commandsPerSecond: number): number {
  return mostAtOnce(commandsPerSecond) + MAX_NAMESPACES;
}

/** The most frames for other purposes that a client can send at once besides its packets: heartbeats and attachments. */
const OTHER_FRAMES = 200;

/** The most WebSocket frames that a client can send at once. More packets than {@link mostPackets} end it before. */
export function mostFrames(commandsPerSecond: number): number {
  return mostPackets(commandsPerSecond) + OTHER_FRAMES;
}

/** Comes before the unparsed text of a long event, in place of its values. No client can send it. */
export const UNREAD = Symbol('unread');

/** The beginning of a packet with an event for the only namespace, without attachments. */
const EVENT = /^2(\d*)(?=\[)/u;

/** The beginning of a packet that attachments complete. */
const HAS_ATTACHMENT = /^[56]/u;

/**
 * Ends clients that send too long a CONNECT packet or too many packets for other namespaces: each of these is answered, and
 * nothing else bounds the unfetched answers. Leaves long events unread, because a session reads them when it is its turn.
 */
export class StrictDecoder extends Decoder {
  #named = 0;
  #flooded = false;
  readonly #rate: TokenBucket | null;
  /** Number of commands that the packet being parsed counts as. */
  #weight = 1;
  /** Whether a packet is not complete yet. */
  #awaitsAttachment = false;

  constructor(commandsPerSecond: number) {
    super({ maxAttachments: MAX_ATTACHMENTS });
    // A session refuses as many commands as it runs before it is closed.
    this.#rate =
      commandsPerSecond === 0
        ? null
        : new TokenBucket(2 * commandsPerSecond, mostPackets(commandsPerSecond), performance.now());
    this.on('decoded', ({ data }) => {
      this.#awaitsAttachment = false;
      if (this.#weight > 1 && Array.isArray(data)) weights.set(data, this.#weight);
    });
  }

  /** @throws Error to end the client */
  override add(packet: unknown): void {
    if (this.#flooded) return;
    this.#weight = weightOf(lengthOf(packet));
    if (this.#rate?.take(performance.now(), this.#weight) === false) {
      // Before the packet is parsed: the session ends without it.
      this.#flooded = true;
      this.emitReserved('decoded', { type: PacketType.EVENT, nsp: '/', data: [FLOOD] });
      return;
    }
    if (typeof packet === 'string') {
      if (this.#leavesUnread(packet)) return;
      this.#check(packet);
      this.#awaitsAttachment = HAS_ATTACHMENT.test(packet);
    }
    super.add(packet);
  }

  /** Passes on a long event without parsing it; returns whether the packet is one. */
  #leavesUnread(packet: string): boolean {
    const event = this.#weight > 1 && !this.#awaitsAttachment ? EVENT.exec(packet) : null;
    if (event === null) return false;
    const [begin, id] = event;
    const data = [UNREAD, packet.slice(begin.length)];
    const acknowledged = id === '' ? {} : { id: Number(id) };
    this.emitReserved('decoded', { type: PacketType.EVENT, nsp: '/', data, ...acknowledged });
    return true;
  }

  /** @throws Error to end the client */
  #check(packet: string): void {
    if (packet.length > MAX_CONNECT_LENGTH && packet.startsWith(CONNECT))
      throw new Error('the CONNECT packet is too long');
    if (NAMES_NAMESPACE.test(packet) && ++this.#named > MAX_NAMESPACES)
      throw new Error('too many packets for other namespaces');
  }
}

/** Of the data of packets that count as more than one command. */
const weights = new WeakMap<object, number>();

/** Number of commands that an event counts as. */
export function weightOfEvent(event: readonly unknown[]): number {
  return weights.get(event) ?? 1;
}

/** Length of a packet as it was received: of text in characters, of an attachment in bytes. */
function lengthOf(packet: unknown): number {
  if (typeof packet === 'string') return packet.length;
  return ArrayBuffer.isView(packet) ? packet.byteLength : 0;
}
