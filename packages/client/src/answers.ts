import type { Envelope } from '@viaduct/protocol';

/** Collects the values that answer GETs, by the client reference of each. */
export class Answers {
  readonly #values = new Map<string, unknown[]>();
  #asked = 0;

  /**
   * Sends a GET with a reference of its own, and resolves with the values that arrived for it before the end of the command.
   */
  async gather(ask: (reference: string) => Promise<unknown>): Promise<unknown[]> {
    const reference = `${PREFIX}${++this.#asked}`;
    const values: unknown[] = [];
    this.#values.set(reference, values);
    try {
      await ask(reference);
    } finally {
      this.#values.delete(reference);
    }
    return values;
  }

  /** Removes the answers from a batch, and returns the rest. */
  take(messages: readonly Envelope[]): readonly Envelope[] {
    if (!messages.some(isAnswer)) return messages;
    for (const { client_reference: reference, content } of messages) {
      if (reference !== null) this.#values.get(reference)?.push(content);
    }
    return messages.filter((message) => !isAnswer(message));
  }
}

/** The prefix of the references of GETs. */
const PREFIX = 'get-';

/** Whether it answers a GET, even one that nobody waits for any longer. */
function isAnswer({ client_reference: reference }: Envelope): boolean {
  return reference?.startsWith(PREFIX) === true;
}
