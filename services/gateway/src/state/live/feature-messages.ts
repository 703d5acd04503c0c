import { GeoMessage, isIdentity } from '@viaduct/geo-worker';
import { encodeEnvelope, encodeLeave, type LeaveEvent } from '@viaduct/protocol';
import { renderFor } from '../../delivery/audience.js';
import { ConflationKey } from '../../delivery/conflation-key.js';
import type { MemberView } from '../../delivery/member.js';
import { OutMessage } from '../../delivery/messages.js';
import type { EncodedFeature, LiveFeature } from './live-feature.js';

/** An encoded feature is kept for as long as sessions need it again within this time, in ms. */
const SHARE_MS = 1_000;

/** The most bytes of encoded features that are kept for one channel; further ones are forgotten. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** The messages about the features of one live channel. */
export class FeatureMessages {
  readonly #channel: string;
  /** Features that hold encoded messages. */
  #encoded: LiveFeature[] = [];

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** A feature as a view receives it, encoded once for all sessions that need it at about the same time. */
  of(feature: LiveFeature, view: MemberView): OutMessage {
    let encoded = feature.encoded;
    while (encoded !== null && encoded.viewKey !== view.key) encoded = encoded.next;
    encoded ??= this.#encode(feature, view);
    encoded.isUsed = true;
    return encoded.message;
  }

  /** The message that a feature has left the view of a session. */
  leave(feature: LiveFeature, event: LeaveEvent): OutMessage {
    const json = encodeLeave(this.#channel, feature.key, Date.now(), event);
    return this.#message(feature, json, performance.now());
  }

  /** The key by which newer messages about a feature supersede queued ones; null if it has no identity. */
  conflationKey({ id }: LiveFeature): ConflationKey | null {
    return id === null ? null : new ConflationKey(this.#channel, id);
  }

  #encode(feature: LiveFeature, view: MemberView): EncodedFeature {
    const content =
      view.area === null && isIdentity(view) ? feature.text : renderFor(GeoMessage.parse(feature.text), view);
    const message = this.#message(feature, encodeEnvelope(this.#channel, content, feature.timestamp), null);
    const next = feature.encoded;
    feature.encoded = { viewKey: view.key, message, isUsed: true, next };
    if (next === null && this.#encoded.push(feature) === 1) this.#forgetLater();
    return feature.encoded;
  }

  #message(feature: LiveFeature, json: string, arrivedAt: number | null): OutMessage {
    return new OutMessage(json, arrivedAt, { isKept: true, key: this.conflationKey(feature) });
  }

  #forgetLater(): void {
    setTimeout(() => this.#forgetUnused(), SHARE_MS).unref();
  }

  /**
   * Those in use stay. If all were encoded again every second, the garbage collector would have to move all of them every
   * second, and delay every client meanwhile.
   */
  #forgetUnused(): void {
    let bytes = 0;
    this.#encoded = this.#encoded.filter((feature) => {
      feature.encoded = bytes > MAX_KEPT_BYTES ? null : usedOf(feature.encoded);
      bytes += bytesOf(feature.encoded);
      return feature.encoded !== null;
    });
    if (this.#encoded.length > 0) this.#forgetLater();
  }
}

function bytesOf(first: EncodedFeature | null): number {
  let bytes = 0;
  for (let encoded = first; encoded !== null; encoded = encoded.next) bytes += encoded.message.bytes;
  return bytes;
}

/** Without those that nobody has needed since the last call. */
function usedOf(first: EncodedFeature | null): EncodedFeature | null {
  let used: EncodedFeature | null = null;
  for (let encoded = first; encoded !== null; ) {
    const { next } = encoded;
    if (encoded.isUsed) {
      encoded.isUsed = false;
      encoded.message.forgetQueues();
      encoded.next = used;
      used = encoded;
    }
    encoded = next;
  }
  return used;
}
