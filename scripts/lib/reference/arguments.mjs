import { code } from './markdown.mjs';

/**
 * @typedef {import('../../../packages/protocol/dist/index.js').CommandSyntax} CommandSyntax
 * @typedef {CommandSyntax['slots'][number]} Slot
 */

/**
 * The rows of a command's table of arguments: name, type, meaning.
 *
 * @param {CommandSyntax} syntax
 * @returns {string[][]}
 */
export function argumentRows({ slots, arguments: args }) {
  const rows = slots.map(({ name, spec }) => [
    [name, ...(spec.aliases ?? [])].map(code).join(' or '),
    typeInWords(spec),
    spec.doc,
  ]);
  const hints = Object.values(args).flatMap((spec) =>
    spec.type === 'hints' ? [['`hint ...`', 'any', spec.doc]] : [],
  );
  return [...rows, ...hints];
}

/** @param {Slot['spec']} spec */
function typeInWords(spec) {
  const unit = 'unit' in spec ? `, in ${spec.unit}` : '';
  const byDefault = 'default' in spec ? `, by default ${code(String(spec.default))}` : '';
  switch (spec.type) {
    case 'text':
      return 'text';
    case 'number':
      return `number${spec.above === undefined ? '' : ` above ${spec.above}`}${unit}`;
    case 'integer':
      return `whole number from ${spec.min} to ${spec.max}${unit}`;
    case 'boolean':
      return `${code('true')} or ${code('false')}${byDefault}`;
    case 'choice':
      return `${spec.choices.map(code).join(' or ')}${byDefault}`;
    case 'stream_id':
      return 'id such as `1753100000000-0`';
    case 'json':
      return 'JSON';
  }
}

/**
 * The JSON Schema (draft 7) of a command's options on socket.io.
 *
 * @param {CommandSyntax} syntax
 */
export function optionsSchema(syntax) {
  const { slots, takesHints, ignoresFurther = false } = syntax;
  if (!takesHints) return objectSchema(slots, ignoresFurther);
  // Hints require the values of the groups.
  return {
    anyOf: [
      objectSchema(
        slots.filter(({ group }) => group === null),
        false,
      ),
      objectSchema(slots, { type: ['string', 'number', 'boolean'] }, true),
    ],
  };
}

/**
 * @param {readonly Slot[]} slots
 * @param {boolean | object} additionalProperties
 * @param {boolean} [withGroups] whether the values of groups are required
 */
function objectSchema(slots, additionalProperties, withGroups = false) {
  const required = slots.filter(({ spec, group }) => (group === null ? spec.required === true : withGroups));
  const grouped = withGroups ? [] : slots.filter(({ group }) => group !== null);
  return {
    type: 'object',
    properties: Object.fromEntries(slots.map(({ name, spec }) => [name, valueSchema(spec)])),
    ...(required.length > 0 && { required: required.map(({ name }) => name) }),
    ...(grouped.length > 0 && {
      dependencies: Object.fromEntries(grouped.map((slot) => [slot.name, othersOf(slot, grouped)])),
    }),
    additionalProperties,
  };
}

/**
 * Names of the values that a value requires.
 *
 * @param {Slot} slot
 * @param {readonly Slot[]} slots
 */
function othersOf(slot, slots) {
  return slots.filter((other) => other !== slot && other.group === slot.group).map(({ name }) => name);
}

/** @param {Slot['spec']} spec */
function valueSchema(spec) {
  const description = 'unit' in spec ? `${spec.doc} (in ${spec.unit})` : spec.doc;
  return { ...typeSchema(spec), description, ...('default' in spec && { default: spec.default }) };
}

/** @param {Slot['spec']} spec */
function typeSchema(spec) {
  switch (spec.type) {
    case 'text':
      return { type: 'string', ...(spec.maxLength !== undefined && { maxLength: spec.maxLength }) };
    case 'number':
      return { type: 'number', ...(spec.above !== undefined && { exclusiveMinimum: spec.above }) };
    case 'integer':
      return { type: 'integer', minimum: spec.min, maximum: spec.max };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { enum: [...spec.choices] };
    case 'stream_id':
      return { type: 'string', pattern: '^\\d+(-\\d+)?$' };
    case 'json':
      return {};
  }
}
