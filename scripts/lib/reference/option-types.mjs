import { COMMANDS, CommandError } from '../../../packages/protocol/dist/index.js';

/** Samples of what an option may be, in the order in which they are tried, with the JSON Schema of their kind. */
const KINDS = [
  { sample: 'text', schema: { type: 'string' } },
  // The id of an entry in a Redis Stream.
  { sample: '1-0', schema: { type: 'string', pattern: '^\\d+(-\\d+)?$' } },
  { sample: '{"any":"JSON"}', schema: {} },
  { sample: 'true', schema: { type: 'boolean' } },
  { sample: '1.5', schema: { type: 'number' } },
  { sample: '1', schema: { type: 'integer' } },
];

/**
 * The JSON Schemas of a command's options, found out by asking the parser what it takes.
 *
 * @param {keyof typeof COMMANDS} name
 * @param {string[]} options
 * @returns {Record<string, object>}
 * @throws {Error} where no combination of samples is taken: then KINDS lacks one
 */
export function optionTypes(name, options) {
  const found = search(name, options, []);
  if (found === null) throw new Error(`no sample of KINDS fits the options of ${name}; add one`);
  return Object.fromEntries(options.map((option, i) => [option, found[i]?.schema ?? {}]));
}

/**
 * @param {keyof typeof COMMANDS} name
 * @param {string[]} options
 * @param {{ sample: string, schema: object }[]} chosen for the first options
 * @returns {{ sample: string, schema: object }[] | null}
 */
function search(name, options, chosen) {
  const next = options[chosen.length];
  if (next === undefined) return takes(name, options, chosen) ? chosen : null;
  for (const kind of [...KINDS, ...alternatives(name, next)]) {
    const found = search(name, options, [...chosen, kind]);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The words of an option that the usage writes as `option=one|other`.
 *
 * @param {keyof typeof COMMANDS} name
 * @param {string} option
 */
function alternatives(name, option) {
  const words = new RegExp(`\\b${option}=([\\w|]+)`, 'u').exec(COMMANDS[name].usage)?.[1]?.split('|') ?? [];
  return words.length < 2 ? [] : [{ sample: words[0] ?? '', schema: { enum: words } }];
}

/**
 * @param {keyof typeof COMMANDS} name
 * @param {string[]} options
 * @param {{ sample: string }[]} chosen
 * @returns {boolean}
 */
function takes(name, options, chosen) {
  const named = Object.fromEntries(options.map((option, i) => [option, chosen[i]?.sample ?? '']));
  try {
    COMMANDS[name].parse({ positional: [], named });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
