import { envelopeParts, STATUS_SOURCE } from '@viaduct/protocol';
import type { Encoder } from '../../delivery/encodable.js';
import type { OutMessage, Queue } from '../../delivery/messages.js';
import type { Framing } from './framing.js';

/** The record separator, with which each text of a sequence begins. */
const RS = '\x1e';

/** A GeoJSON text in a sequence (RFC 8142), on one line: line breaks in JSON are only white space. */
export function sequenceText(json: string): string {
  return `${RS}${json.replace(/[\r\n]+/gu, ' ')}\n`;
}

/** A message in a sequence, which is only for features. */
const TEXT: Encoder<OutMessage, Buffer> = {
  encode({ json }) {
    const { source, content } = envelopeParts(json);
    return Buffer.from(source === STATUS_SOURCE || !isFeature(content) ? '' : sequenceText(content));
  },
};

const TEXTS: Encoder<Queue, Buffer> = {
  encode(queue) {
    if (queue.previous === null) return queue.last.encodedBy(TEXT);
    return Buffer.concat(queue.toArray().map((message) => message.encodedBy(TEXT)));
  },
};

/** Whether a queue says that features leave the view without notice from now on. */
const END: Encoder<Queue, { readonly isEnd: boolean }> = {
  encode: (queue) => ({ isEnd: queue.toArray().some(({ json }) => isEnd(json)) }),
};

/** A sequence of GeoJSON features without an end: each change as the feature, and a removal as one without geometry. */
export class SequenceFraming implements Framing {
  readonly type = 'application/geo+json-seq';
  /** Parsers ignore record separators without a text (RFC 7464, section 2.1). */
  readonly heartbeat = Buffer.from(RS);
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  begin(): string {
    return '';
  }

  write(queue: Queue): Buffer {
    this.#isOver ||= queue.encodedBy(END).isEnd;
    return queue.encodedBy(TEXTS);
  }

  refuse(): string {
    return '';
  }

  end(): string {
    return '';
  }
}

function isFeature(json: string): boolean {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Feature';
}

function isEnd(envelope: string): boolean {
  if (!envelope.includes('"live_ended"')) return false;
  const { source, content } = envelopeParts(envelope);
  return source === STATUS_SOURCE && (JSON.parse(content) as { status: string }).status === 'live_ended';
}
