/** Encodes an object for a transport. The same object always has the same result. */
export interface Encoder<Of, T extends object> {
  encode(what: Of): T;
}

/**
 * Something that many sessions receive. It is encoded once for all sessions with the same encoder. Each transport has
 * its own encoders, so a gateway encodes nothing for a transport that no client uses.
 */
export abstract class Encodable {
  #encoder: Encoder<never, object> | undefined;
  #encoded: object | undefined;
  /** Results of all encoders but the first. */
  #others: Map<Encoder<never, object>, object> | undefined;

  /** The result of the encoder, computed once. */
  encodedBy<T extends object>(encoder: Encoder<this, T>): T {
    return (this.#encoder === encoder ? this.#encoded : this.#encodedByOther(encoder)) as T;
  }

  #encodedByOther(encoder: Encoder<this, object>): object {
    const kept = this.#others?.get(encoder);
    if (kept !== undefined) return kept;
    const encoded = encoder.encode(this);
    if (this.#encoder === undefined) {
      this.#encoder = encoder;
      this.#encoded = encoded;
    } else {
      this.#others ??= new Map();
      this.#others.set(encoder, encoded);
    }
    return encoded;
  }
}
