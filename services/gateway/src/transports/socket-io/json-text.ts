import * as parser from 'socket.io-parser';
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';

/** A value that is JSON text already, to be sent as the value it stands for. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Writes a {@link JsonText} argument as it is, where socket.io would parse nothing but would serialise it again. */
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

/** A packet for a namespace by name; the one that there is, `/`, goes without saying (socket.io protocol 5). */
const NAMES_NAMESPACE = /^\d(?:\d+-)?\//u;

/** So many such packets of one client are answered: whoever mistakes the address asks once or twice. */
const MAX_NAMESPACES = 20;

/** Longest CONNECT packet, in characters: what a client needs are credentials. */
const MAX_CONNECT_LENGTH = 16 * 1024;
const CONNECT = String(PacketType.CONNECT);

/**
 * Attachments of one packet. Commands have none, which an error tells a client that tries; of a packet with several, the
 * first ones would be kept until the last one comes.
 */
const MAX_ATTACHMENTS = 1;

/** Ends clients that send too long a CONNECT packet, and clients that go on asking for namespaces: each is answered, without bound to what waits to be fetched. */
class StrictDecoder extends Decoder {
  #named = 0;

  constructor() {
    super({ maxAttachments: MAX_ATTACHMENTS });
  }

  /** @throws Error where the client is to be ended */
  override add(packet: unknown): void {
    const named = typeof packet === 'string' && NAMES_NAMESPACE.test(packet);
    if (typeof packet === 'string' && packet.length > MAX_CONNECT_LENGTH && packet.startsWith(CONNECT))
      throw new Error('the CONNECT packet is too long');
    if (named && ++this.#named > MAX_NAMESPACES) throw new Error('too many packets for other namespaces');
    super.add(packet);
  }
}

/**
 * socket.io's own parser, but for events whose content is {@link JsonText}, and for clients that ask for namespaces without
 * end; the same on the wire.
 */
export const splicingParser = { ...parser, Encoder: SplicingEncoder, Decoder: StrictDecoder };
