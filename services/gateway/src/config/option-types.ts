import { VARIABLES } from './config.js';
import type { Setting } from './setting.js';

/** Name and purpose of the interface of each group of options. */
const GROUPS: Readonly<Record<string, [name: string, doc: string]>> = {
  redis: ['RedisOptions', 'Where the data comes from.'],
  auth: ['AuthOptions', 'Who may connect: origins, tokens and API keys.'],
  delivery: ['DeliveryOptions', 'Form and timing of the features that clients receive.'],
  limits: ['LimitOptions', 'Limits on what clients may do. Sizes are bytes, or text such as `8 MiB`.'],
  workers: ['WorkerOptions', 'The threads for big messages and large hashes.'],
  httpApi: ['HttpApiOptions', 'The read-only HTTP API.'],
  admin: ['AdminOptions', 'The admin API, and how replicas know each other.'],
};

const HEADER = `// Written by npm run generate from the table of settings. Do not edit.
`;

/** The TypeScript source of `options.ts`: every setting as a typed option with its default. */
export function optionTypes(): string {
  const settings: Setting<unknown>[] = Object.values(VARIABLES);
  const groups = Object.entries(GROUPS).map(([group, [name, doc]]) => {
    const members = settings
      .filter(({ option }) => option.startsWith(`${group}.`))
      .map((setting) => member(setting.option.slice(group.length + 1), setting));
    return `/** ${doc} */\nexport interface ${name} {\n${members.join('')}}\n`;
  });
  const own = settings
    .filter(({ option }) => !option.includes('.'))
    .map((setting) => member(setting.option, setting));
  const nested = Object.entries(GROUPS).map(([group, [name]]) => {
    const type = group === 'redis' ? `string | ${name}` : name;
    const doc = group === 'redis' ? 'The URL of the data source, or all of its options.' : '';
    return `${doc === '' ? '' : `  /** ${doc} */\n`}  ${group}?: ${type};\n`;
  });
  return [
    HEADER,
    ...groups,
    `/** Every setting as an option. Omitted options have their defaults. */\nexport interface SettingOptions {\n${own.join('')}${nested.join('')}}\n`,
  ].join('\n');
}

function member(name: string, setting: Setting<unknown>): string {
  const { default: fallback, defaultWithoutLimits: withoutLimits, doc, parser } = setting;
  const other = withoutLimits === undefined ? '' : `; ${withoutLimits} with \`profile: 'off'\``;
  const end = fallback === '' ? '' : `\n   *\n   * @default ${fallback}${other}`;
  return `  /**\n   * ${doc.replaceAll('*/', '*\\/')}${end}\n   */\n  ${name}?: ${parser.type};\n`;
}
