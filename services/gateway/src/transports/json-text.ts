import * as parser from 'socket.io-parser';
import { Encoder, type Packet, PacketType } from 'socket.io-parser';

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

/** socket.io's own parser, but for events whose content is {@link JsonText}; the same on the wire. */
export const splicingParser = { ...parser, Encoder: SplicingEncoder };
