import * as parser from 'socket.io-parser';
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';

/** A value in the form of JSON text, which is sent as the value. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Writes a {@link JsonText} argument unchanged; socket.io would serialize it again. */
class SplicingEncoder extends Encoder {
  override encode(packet: Packet): unknown[] {
    if (packet.type === PacketType.EVENT && Array.isArray(packet.data)) {
      const [event, content] = packet.data as unknown[];
      if (content instanceof JsonText && packet.nsp === '/') {
        return [`${packet.type}[${JSON.stringify(event)},${content.text}]`];
      }
    }
    return super.encode(packet);
  }
}

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

/**
 * Ends clients that send too long a CONNECT packet or too many packets for other namespaces: each of these is answered, and
 * nothing else bounds the unfetched answers.
 */
class StrictDecoder extends Decoder {
  #named = 0;

  constructor() {
    super({ maxAttachments: MAX_ATTACHMENTS });
  }

  /** @throws Error to end the client */
  override add(packet: unknown): void {
    const named = typeof packet === 'string' && NAMES_NAMESPACE.test(packet);
    if (typeof packet === 'string' && packet.length > MAX_CONNECT_LENGTH && packet.startsWith(CONNECT))
      throw new Error('the CONNECT packet is too long');
    if (named && ++this.#named > MAX_NAMESPACES) throw new Error('too many packets for other namespaces');
    super.add(packet);
  }
}

/**
 * socket.io's own parser, except for events whose content is {@link JsonText} and for the limits of {@link MAX_NAMESPACES}
 * and {@link MAX_CONNECT_LENGTH}; the same on the wire.
 */
export const splicingParser = { ...parser, Encoder: SplicingEncoder, Decoder: StrictDecoder };
