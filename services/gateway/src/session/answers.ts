import { GeoMessage } from '@viaduct/geo-worker';
import type { MemberView } from '../delivery/member.js';
import { answerMessage, type OutMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';

/** Sends answers to the commands of one session. */
export class Answers {
  readonly #outbox: Outbox;
  readonly #view: MemberView;
  /** Warnings of the running command. */
  #warning: string | null = null;

  constructor(outbox: Outbox, view: MemberView) {
    this.#outbox = outbox;
    this.#view = view;
  }

  /**
   * Sends one envelope now, regardless of the box, cut to the session's area. Content that is not GeoJSON is sent as it is,
   * even if areas are strict: the command's author answers for it.
   */
  answer(source: string, content: unknown, clientRef: string | null = null): void {
    const json = JSON.stringify(content ?? null);
    this.sendEnvelope(answerMessage(source, this.#withinArea(json), clientRef));
  }

  /** Sends a finished envelope. */
  sendEnvelope(message: OutMessage): void {
    this.#outbox.answer(message);
  }

  /** Adds a warning to the success status of the running command. */
  warn(message: string): void {
    this.#warning = this.#warning === null ? message : `${this.#warning}; ${message}`;
  }

  /** The warnings since the last call; null if there are none. */
  takeWarning(): string | null {
    const warning = this.#warning;
    this.#warning = null;
    return warning;
  }

  /** The part of JSON text that the session may see; `null` if it is outside the session's area. */
  #withinArea(json: string): string {
    const { area } = this.#view;
    if (area === null) return json;
    const message = GeoMessage.parse(json);
    return message.isForeign ? json : (message.within(area)?.text ?? 'null');
  }
}
