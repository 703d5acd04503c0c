import type { Envelope } from '@viaduct/protocol';

/** Values that answer GETs, gathered by the client reference under which each was asked for. */
export class Answers {
  readonly #values = new Map<string, unknown[]>();
  #asked = 0;

  /** Asks with a reference of its own and resolves with the values that came for it before the command was done. */
  async gather(ask: (reference: string) => Promise<unknown>): Promise<unknown[]> {
    const reference = `get-${++this.#asked}`;
    const values: unknown[] = [];
    this.#values.set(reference, values);
    try {
      await ask(reference);
    } finally {
      this.#values.delete(reference);
    }
    return values;
  }

  /** Takes the answers out of what arrived; the rest is returned. */
  take(messages: readonly Envelope[]): readonly Envelope[] {
    if (messages.every(isPushed)) return messages;
    for (const { client_reference: reference, content } of messages) {
      if (reference !== null) this.#values.get(reference)?.push(content);
    }
    return messages.filter(isPushed);
  }
}

function isPushed({ client_reference: reference }: Envelope): boolean {
  return reference === null;
}
