import { GeoMessage } from '@viaduct/geo-worker';
import type { MemberView } from '../delivery/member.js';
import { answerMessage, type OutMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';

/** What one session is told in answer to its commands. */
export class Answers {
  readonly #outbox: Outbox;
  readonly #view: MemberView;
  /** Warnings of the command that runs. */
  #warning: string | null = null;

  constructor(outbox: Outbox, view: MemberView) {
    this.#outbox = outbox;
    this.#view = view;
  }

  /** Sends one envelope now, whatever the box, cut to the session's area. */
  answer(source: string, content: unknown, clientRef: string | null = null): void {
    const json = JSON.stringify(content ?? null);
    this.tell(answerMessage(source, this.#withinArea(json), clientRef));
  }

  /** Sends an envelope that is ready. */
  tell(message: OutMessage): void {
    this.#outbox.answer(message);
  }

  /** Tells the client something although the command that runs succeeds. */
  warn(message: string): void {
    this.#warning = this.#warning === null ? message : `${this.#warning}; ${message}`;
  }

  /** What {@link warn} was told since the last call; null for nothing. */
  takeWarning(): string | null {
    const warning = this.#warning;
    this.#warning = null;
    return warning;
  }

  /** JSON text as the session may see it; `null` if it is outside the session's area. */
  #withinArea(json: string): string {
    const { area } = this.#view;
    return area === null ? json : (GeoMessage.parse(json).within(area)?.text ?? 'null');
  }
}
