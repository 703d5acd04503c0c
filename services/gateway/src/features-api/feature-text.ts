import { GeoMessage, type View } from '@viaduct/geo-worker';
import { withinArea } from '../delivery/audience.js';
import type { MemberView } from '../delivery/member.js';
import type { LiveFeature } from '../state/live/live-feature.js';

/**
 * A feature as JSON text in a view, with its identity as `id`, wherever the publisher has it.
 *
 * @param links links of the feature, as a JSON list; empty for none
 * @returns null if it is outside the area of the view
 */
export function featureText(
  { text, key, id }: LiveFeature,
  view: View & Pick<MemberView, 'area'>,
  links = '',
): string | null {
  const seen = withinArea(GeoMessage.parse(text), view.area);
  if (seen === null) return null;
  const own = seen.value as object;
  const added = [
    ...(id === null || Object.hasOwn(own, 'id') ? [] : [`"id":${key}`]),
    ...(links === '' || Object.hasOwn(own, 'links') ? [] : [`"links":${links}`]),
  ];
  return withMembers(seen.render(view), added);
}

/** Puts members at the beginning of an object that has others; digits and order of these stay. */
function withMembers(object: string, members: readonly string[]): string {
  if (members.length === 0) return object;
  const start = object.indexOf('{') + 1;
  return `{${members.join(',')},${object.slice(start)}`;
}
