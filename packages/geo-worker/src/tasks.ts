import type { FeatureId } from './feature-id.js';
import type { View } from './view.js';

/** A {@link View} as it travels to a worker: the CRS by its name. */
export type ViewName = Omit<View, 'crs'> & { readonly crs: string };

/** What every text that a worker writes is put between, so that nobody need copy it again. */
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

/** Those who read a message in the same view. */
export interface Readers {
  readonly view: ViewName;
  /** The area that they are confined to, as JSON text; null for none. */
  readonly area: string | null;
  /** True where somebody gets the message whatever it is. */
  readonly open: boolean;
  /** True where somebody gets the message unless it is GeoJSON. */
  readonly held: boolean;
  /** Boxes of those who get the whole message where it is in their box. */
  readonly boxes: readonly BoxList[];
  /** Boxes of those who get collections cut down to their box. */
  readonly trimmed: readonly BoxList[];
}

/** Parse a message, find out who gets it, and write it as they read it. */
export interface MessageTask {
  readonly kind: 'message';
  readonly text: string;
  /** Member of `properties` that is the id of a Feature without one; by default none. */
  readonly idProperty?: string;
  readonly frame: Frame;
  readonly readers: readonly Readers[];
}

/** What a message is for one entry of {@link MessageTask.readers}. */
export interface Readings {
  /** The message in their view, in UTF-8 within its frame; null where nobody gets it whole. */
  readonly whole: Uint8Array<ArrayBuffer> | null;
  /** How many features have no place in the CRS of the view; 0 where nobody gets the message whole. */
  readonly unlocated: number;
  /** For each list of boxes: the numbers of those boxes that the message is in. */
  readonly inBoxes: readonly Uint32Array<ArrayBuffer>[];
  /** For each list of trimmed boxes and each box in it: the message cut down to it, or null where it is not in. */
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

/** Parse values of a hash, find out where they are, and write each in a view. */
export interface PortionTask {
  readonly kind: 'portion';
  readonly texts: readonly string[];
  readonly view: ViewName;
  /** The area that the readers are confined to, as JSON text; null for none. */
  readonly area: string | null;
  /** The CRS in which envelopes are wanted; null for none. */
  readonly boxCrs: string | null;
  readonly frame: Frame;
}

/** What a value is, as bits of {@link PortionResult.kinds}. 0 stands for what is not JSON. */
export const Kind = { json: 1, geo: 2, collection: 4, everywhere: 8, outside: 16 } as const;

export interface PortionResult {
  /** The values within their frames, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each of them ends in the bytes; one that is not JSON has none. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** Bits of {@link Kind} for each value. `everywhere`: it is in every box; `outside`: nothing of it is in the area. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** minX, minY, maxX, maxY of each value in `boxCrs`; from Infinity to -Infinity where it has no place there. */
  readonly envelopes: Float64Array<ArrayBuffer> | null;
  /** Why each value that is not JSON is none. */
  readonly errors: readonly string[];
}

export type Task = MessageTask | PortionTask;

/** What a task gives. */
export type ResultOf<T extends Task> = T extends MessageTask ? MessageResult : PortionResult;
