import { Area } from './area.js';

/** Sessions have few different areas at a time; an area may have an index of thousands of edges. */
const MAX_AREAS = 32;

/** The areas of the latest tasks, by their text, the latest last: a worker receives the same ones again and again. */
const areas = new Map<string, Area>();

/** The area with this `json`; null for none. */
export function areaOf(json: string | null): Area | null {
  if (json === null) return null;
  const area = areas.get(json) ?? Area.parse(json);
  areas.delete(json);
  areas.set(json, area);
  const [oldest] = areas.keys();
  if (areas.size > MAX_AREAS && oldest !== undefined) areas.delete(oldest);
  return area;
}
