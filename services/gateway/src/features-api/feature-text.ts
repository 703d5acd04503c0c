import { GeoMessage, isIdentity, type View } from '@viaduct/geo-worker';
import { withinArea } from '../delivery/audience.js';
import type { MemberView } from '../delivery/member.js';
import type { LiveFeature } from '../state/live/live-feature.js';

const NONE: readonly string[] = [];

/**
 * A feature as JSON text in a view, with its identity as `id`, wherever the publisher has it.
 *
 * @param links links of the feature, as a JSON list; empty for none
 * @returns null if it is outside the area of the view
 */
export function featureText(
  { text, key, id, hasIdMember }: LiveFeature,
  view: View & Pick<MemberView, 'area'>,
  links = '',
): string | null {
  const identity = id === null || hasIdMember ? NONE : [`"id":${key}`];
  // Pages have many features, and most are sent as they were published: these are not parsed.
  if (view.area === null && links === '' && isIdentity(view)) return withMembers(text, identity);
  const seen = withinArea(GeoMessage.parse(text), view.area);
  if (seen === null) return null;
  const own = links === '' || Object.hasOwn(seen.value as object, 'links') ? [] : [`"links":${links}`];
  return withMembers(seen.render(view), [...identity, ...own]);
}

/** Puts members at the beginning of an object that has others; digits and order of these stay. */
function withMembers(object: string, members: readonly string[]): string {
  if (members.length === 0) return object;
  const start = object.indexOf('{') + 1;
  return `{${members.join(',')},${object.slice(start)}`;
}
