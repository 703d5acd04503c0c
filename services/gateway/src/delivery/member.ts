import type { Area, Bbox, Crs, View } from '@viaduct/geo-worker';
import type { SessionName } from './connection.js';
import type { OutMessage } from './messages.js';

/** Parameters that come with a box. */
export interface BoxOptions {
  /** True if collections are cut down to the features in the box. */
  readonly trim: boolean;
  /** Further arguments of `BBOX`, such as a zoom level; meant for custom commands and filters. */
  readonly hints: readonly string[];
  readonly namedHints: Readonly<Record<string, string>>;
}

/** Decides whether a session receives a message. `content` is the published JSON, not reprojected. */
export type Filter = (content: unknown) => boolean;

/** What a session wants to see and may see. Delivery only reads it. */
export interface MemberView extends View {
  /** The session receives nothing outside this area; null for no bounds. */
  readonly area: Area | null;
  readonly bbox: Bbox | null;
  /** The CRS of the box's numbers. */
  readonly boxCrs: Crs;
  readonly boxOptions: BoxOptions;
  /** True between `RESET` and the next `BBOX`: no GeoJSON is sent. */
  readonly held: boolean;
  readonly filters: ReadonlyMap<string, Filter> | null;
  /** Grows with every change: a result for another version may be wrong. */
  readonly version: number;
  /** Sessions with the same key receive the same bytes for the same message, if they receive it. */
  readonly key: string;
}

/** A session as the hub sees it: its view, and where its messages go. */
export interface Member {
  readonly view: MemberView;
  /** The session's name in log lines. */
  readonly name?: SessionName | undefined;
  push(message: OutMessage): void;
  /** Sends a member with a live view that a feature has left it, if it has; returns whether it has. */
  left?(message: OutMessage): boolean;
  /** Delays the session's further commands until then, because a worker is deciding what the session receives. */
  delayCommands?(until: Promise<void>): void;
}

/** Equal for views that give the same bytes for the same message, in sessions that may see the same area. */
export function viewKey(view: View, area: Area | null): string {
  const key = `${view.crs.id} ${view.axisOrder} ${view.precision ?? ''}`;
  return area === null ? key : `${key} ${area.id}`;
}

/** A copy of a view that does not change with the session. */
export function captureView(view: MemberView): MemberView {
  const { crs, axisOrder, precision, area, bbox, boxCrs, boxOptions, held, version, key } = view;
  const filters = view.filters === null ? null : new Map(view.filters);
  return Object.freeze({
    crs,
    axisOrder,
    precision,
    area,
    bbox,
    boxCrs,
    boxOptions,
    held,
    filters,
    version,
    key,
  });
}

/** Whether a feature has the same coordinates in two views. */
export function sendsSameCoordinates(a: View, b: View): boolean {
  return a.crs === b.crs && a.axisOrder === b.axisOrder && a.precision === b.precision;
}
