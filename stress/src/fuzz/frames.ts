import { clientFrame, MASK_KEY, upgradeRequest } from '@viaduct/testkit/frames';
import fc from 'fast-check';
import type { InputKind } from './input-kind.js';
import { sendBytes } from './tcp.js';

/** A frame of RFC 6455 section 5.2 in which every field may be wrong. */
interface Frame {
  fin: boolean;
  reserved: number;
  opcode: number;
  masked: boolean;
  /** The length in the header; null for the true one. */
  claimed: number | null;
  payload: Uint8Array;
}

const text = fc
  .oneof(
    fc.constantFrom('PING', 'GET a', 'SUB calm', '\u0000', '[]'),
    fc.string({ unit: 'binary', maxLength: 80 }),
  )
  .map((value) => new Uint8Array(Buffer.from(value)));

const frame: fc.Arbitrary<Frame> = fc.record({
  fin: fc.boolean(),
  reserved: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 7 }) },
  ),
  opcode: fc.integer({ min: 0, max: 15 }),
  masked: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  claimed: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 2 ** 31, 2 ** 40, 2 ** 52) },
  ),
  payload: fc.oneof(
    text,
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ minLength: 126, maxLength: 400 }),
  ),
});

function encode({ fin, reserved, opcode, masked, claimed, payload }: Frame): Buffer {
  const mask = masked ? MASK_KEY : null;
  return clientFrame(payload, { opcode, final: fin, reserved, mask, ...(claimed !== null && { claimed }) });
}

/** Frames that break the rules, on raw connections with and without compression and on those of socket.io. */
export const FRAMES: InputKind<{ path: string; extensions: string; frames: Frame[]; cut: number }> = {
  name: 'frames',
  input: fc.record({
    path: fc.constantFrom('/', '/', '/socket.io/?EIO=4&transport=websocket'),
    extensions: fc.constantFrom('', 'permessage-deflate', 'permessage-deflate; client_max_window_bits'),
    frames: fc.array(frame, { minLength: 1, maxLength: 6 }),
    cut: fc.integer({ min: 0, max: 3 }),
  }),
  async prepare({ gateway }) {
    const { port } = gateway;
    return {
      send({ path, extensions, frames, cut }) {
        const bytes = Buffer.concat(frames.map(encode));
        return sendBytes(port, bytes.subarray(0, bytes.length - cut), upgradeRequest(path, { extensions }));
      },
      close: () => undefined,
    };
  },
};
