import type { Slot } from './plan.js';

/** The input of the usage line. */
interface Written {
  name: string;
  slots: readonly Slot[];
  /** Whether further words are accepted. */
  hints: boolean;
}

/**
 * The usage line of a command, such as `GET key [field [client_ref]]`. JSON is the rest of a line, so arguments with
 * a later position are shown by name.
 */
export function usageOf({ name, slots, hints }: Written): string {
  const json = slots.find(({ spec }) => spec.type === 'json');
  const isPositional = ({ position }: Slot): boolean =>
    position !== null && (json?.position == null || position < json.position);
  const named = slots.filter((slot) => slot !== json && !isPositional(slot));
  return [
    name,
    positions(slots.filter(isPositional), hints),
    ...named.map(byName),
    json === undefined ? '' : word(json),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** Optional arguments nest, because each position requires those before it. */
function positions(slots: readonly Slot[], hints: boolean): string {
  return slots.reduceRight(
    (rest, slot, i) => {
      const words = rest === '' ? word(slot) : `${word(slot)} ${rest}`;
      const opens = slot.group === null ? slot.spec.required !== true : slots[i - 1]?.group !== slot.group;
      return opens ? `[${words}]` : words;
    },
    hints ? '[hint ...]' : '',
  );
}

function word({ name, spec }: Slot): string {
  return spec.placeholder ?? name;
}

function byName({ name, spec }: Slot): string {
  const written = `${name}=${spec.placeholder ?? sample(name, spec)}`;
  return spec.required === true ? written : `[${written}]`;
}

function sample(name: string, spec: Slot['spec']): string {
  if (spec.type === 'boolean') return 'true';
  if (spec.type === 'choice') return spec.choices.join('|');
  if (spec.type === 'stream_id') return 'id';
  return name === 'client_ref' ? 'ref' : name;
}
