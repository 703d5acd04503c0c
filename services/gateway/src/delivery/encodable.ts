/** Turns something that is sent into what a transport sends. The same object stands for the same result. */
export interface Encoder<Of, T extends object> {
  encode(what: Of): T;
}

/**
 * Something that is sent to many sessions, and encoded once for all of those with the same encoder. Each transport
 * has encoders of its own; a gateway whose clients use one of them makes nothing for the other.
 */
export abstract class Encodable {
  #encoder: Encoder<never, object> | undefined;
  #encoded: object | undefined;
  /** Results of all encoders but the first. */
  #others: Map<Encoder<never, object>, object> | undefined;

  /** The result of the encoder: made once, and kept. */
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
