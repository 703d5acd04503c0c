import type { FeatureId } from './feature-id.js';
import type { View } from './view.js';

/** A {@link View} in the form in which it is sent to a worker: with the name of its CRS. */
export type ViewName = Omit<View, 'crs'> & { readonly crs: string };

/** The bytes around every text that a worker writes, so that the text need not be copied again. */
export interface Frame {
  /** Bytes that are left free before the text. */
  readonly room: number;
  readonly head: string;
  readonly tail: string;
  /** Put before the tail if a geometry in the text does not exist in the view; nothing by default. */
  readonly unlocated?: string;
}

/** Boxes in one CRS: minX, minY, maxX, maxY of each, one after the other. */
export interface BoxList {
  readonly crs: string;
  readonly sides: Float64Array;
}

/** Clients that receive a message in the same view. */
export interface Recipients {
  readonly view: ViewName;
  /** The area to which they are confined, as JSON text; null for none. */
  readonly area: string | null;
  /** True if a client gets every message. */
  readonly open: boolean;
  /** True if a client gets the message unless it is GeoJSON. */
  readonly held: boolean;
  /** Boxes of clients that get the whole message if it is in their box. */
  readonly boxes: readonly BoxList[];
  /** Boxes of clients that get collections cut down to their box. */
  readonly trimmed: readonly BoxList[];
}

/** Parse a message, find the clients that get it, and write it in their views. */
export interface MessageTask {
  readonly kind: 'message';
  readonly text: string;
  /** Member of `properties` that is the id of a Feature without one; by default none. */
  readonly idProperty?: string;
  readonly frame: Frame;
  readonly recipients: readonly Recipients[];
}

/** The result for one entry of {@link MessageTask.recipients}. */
export interface Readings {
  /** The message in their view, in UTF-8 within its frame; null if nobody gets it whole. */
  readonly whole: Uint8Array<ArrayBuffer> | null;
  /** Whether nothing of the message is in their area. */
  readonly isOutside: boolean;
  /** The number of features without a place in the CRS of the view; 0 if nobody gets the message whole. */
  readonly unlocated: number;
  /** For each list of boxes: the numbers of those boxes that the message is in. */
  readonly inBoxes: readonly Uint32Array<ArrayBuffer>[];
  /** For each list of trimmed boxes and each box in it: the message cut down to it, or null if it is not in the box. */
  readonly trimmed: readonly (readonly (Uint8Array<ArrayBuffer> | null)[])[];
}

export type MessageResult =
  | {
      readonly valid: true;
      readonly isGeo: boolean;
      readonly id: FeatureId | null;
      readonly readings: readonly Readings[];
    }
  /** The text is not JSON; `error` says why. */
  | { readonly valid: false; readonly error: string };

/** Parse values of a hash, find their places, and write each in a view. */
export interface PortionTask {
  readonly kind: 'portion';
  readonly texts: readonly string[];
  readonly view: ViewName;
  /** The area to which the clients are confined, as JSON text; null for none. */
  readonly area: string | null;
  /** The CRS of the envelopes; null if none are needed. */
  readonly boxCrs: string | null;
  readonly frame: Frame;
}

/** What a value is, as bits of {@link PortionResult.kinds}. 0: it is not JSON. */
export const Kind = { json: 1, geo: 2, collection: 4, everywhere: 8, outside: 16 } as const;

export interface PortionResult {
  /** The values within their frames, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The end of each value in the bytes; a value that is not JSON has no bytes. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** Bits of {@link Kind} for each value. `everywhere`: it is in every box; `outside`: nothing of it is in the area. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** minX, minY, maxX, maxY of each value in `boxCrs`; from Infinity to -Infinity if it has no place there. */
  readonly envelopes: Float64Array<ArrayBuffer> | null;
  /** For each value that is not JSON, the reason. */
  readonly errors: readonly string[];
}

export type Task = MessageTask | PortionTask;

/** The result of a task. */
export type ResultOf<T extends Task> = T extends MessageTask ? MessageResult : PortionResult;
