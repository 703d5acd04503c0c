import { GeoMessage, isIdentity } from '@viaduct/geo-worker';
import { encodeEnvelope, encodeLeave, type LeaveEvent } from '@viaduct/protocol';
import { renderFor } from '../../delivery/audience.js';
import { ConflationKey } from '../../delivery/conflation-key.js';
import type { MemberView } from '../../delivery/member.js';
import { OutMessage } from '../../delivery/messages.js';
import type { LiveFeature } from './live-feature.js';

/** Sessions that need an encoded feature within this time share it, in ms. */
const SHARE_MS = 1_000;

/** The messages about the features of one live channel. */
export class FeatureMessages {
  readonly #channel: string;
  /** Features that hold encoded messages, until {@link SHARE_MS} have passed. */
  #encoded: LiveFeature[] = [];

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** A feature as a view receives it, encoded once for all sessions that need it at about the same time. */
  of(feature: LiveFeature, view: MemberView): OutMessage {
    if (feature.encoded === null) {
      feature.encoded = new Map();
      if (this.#encoded.push(feature) === 1) setTimeout(this.#forgetEncoded, SHARE_MS).unref();
    }
    let message = feature.encoded.get(view.key);
    if (message === undefined) {
      const content =
        view.area === null && isIdentity(view)
          ? feature.text
          : renderFor(GeoMessage.parse(feature.text), view);
      message = this.#message(feature, encodeEnvelope(this.#channel, content, feature.timestamp));
      feature.encoded.set(view.key, message);
    }
    return message;
  }

  /** The message that a feature has left the view of a session. */
  leave(feature: LiveFeature, event: LeaveEvent): OutMessage {
    return this.#message(feature, encodeLeave(this.#channel, feature.key, Date.now(), event));
  }

  /** The key by which newer messages about a feature supersede queued ones; null if it has no identity. */
  conflationKey({ id }: LiveFeature): ConflationKey | null {
    return id === null ? null : new ConflationKey(this.#channel, id);
  }

  #message(feature: LiveFeature, json: string): OutMessage {
    return new OutMessage(json, performance.now(), false, true, null, this.conflationKey(feature));
  }

  readonly #forgetEncoded = (): void => {
    for (const feature of this.#encoded) feature.encoded = null;
    this.#encoded = [];
  };
}
