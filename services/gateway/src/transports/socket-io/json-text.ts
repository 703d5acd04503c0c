import * as parser from 'socket.io-parser';
import { Encoder, type Packet, PacketType } from 'socket.io-parser';
import { StrictDecoder } from './strict-decoder.js';

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

/**
 * socket.io's own parser, except for events whose content is {@link JsonText} and for what {@link StrictDecoder} does. The
 * bytes on the wire are the same.
 */
export function splicingParser(commandsPerSecond: number): typeof parser {
  class ClientDecoder extends StrictDecoder {
    constructor() {
      super(commandsPerSecond);
    }
  }
  return { ...parser, Encoder: SplicingEncoder, Decoder: ClientDecoder };
}
