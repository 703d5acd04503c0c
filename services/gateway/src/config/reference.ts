import { SECTIONS } from './config.js';
import type { Setting } from './setting.js';

type Rows = [variable: string, setting: Setting<unknown>][];

function sections(): [title: string, rows: Rows][] {
  return Object.entries(SECTIONS).map(([title, settings]) => [title, Object.entries(settings)]);
}

/** The tables of settings as Markdown, for docs/settings.md. */
export function configReference(): string {
  return sections()
    .map(([title, rows]) =>
      [
        `## ${title}`,
        '',
        '| variable | option | default | meaning |',
        '| --- | --- | --- | --- |',
        ...rows.map(
          ([variable, setting]) =>
            `| \`${variable}\` | \`${setting.option}\` | ${defaultOf(setting)} | ${setting.doc}${deprecation(setting.formerName)} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

function defaultOf({ default: fallback, defaultWithoutLimits: withoutLimits }: Setting<unknown>): string {
  if (fallback === '') return '';
  return `\`${fallback}\`${withoutLimits === undefined ? '' : `; \`${withoutLimits}\` with \`LIMITS=off\``}`;
}

function deprecation(formerName: string | undefined): string {
  return formerName === undefined ? '' : ` The former name \`${formerName}\` is deprecated.`;
}

/** The settings by section for a terminal. */
export function configHelp(): string {
  const width = Math.max(...sections().flatMap(([, rows]) => rows.map(([variable]) => variable.length))) + 2;
  return sections()
    .map(([title, rows]) =>
      [
        `${title}:`,
        ...rows.map(([variable, setting]) => {
          const fallback = defaultOf(setting);
          const text = `${setting.doc}${fallback === '' ? '' : ` [${fallback}]`}`;
          return `  ${variable.padEnd(width)}${text.replaceAll('`', '')}`;
        }),
      ].join('\n'),
    )
    .join('\n\n');
}
