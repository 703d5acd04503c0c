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

/** Ends clients that go on asking for namespaces: each is answered, without bound to what waits to be fetched. */
class OneNamespaceDecoder extends Decoder {
  #named = 0;

  /** @throws Error where the client is to be ended */
  override add(packet: unknown): void {
    const named = typeof packet === 'string' && NAMES_NAMESPACE.test(packet);
    if (named && ++this.#named > MAX_NAMESPACES) throw new Error('too many packets for other namespaces');
    super.add(packet);
  }
}

/**
 * socket.io's own parser, but for events whose content is {@link JsonText}, and for clients that ask for namespaces without
 * end; the same on the wire.
 */
export const splicingParser = { ...parser, Encoder: SplicingEncoder, Decoder: OneNamespaceDecoder };
