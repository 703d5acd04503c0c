import { SECTIONS } from './config.js';
import { fileVariable } from './secret-files.js';
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
            `| \`${variable}\` | \`${setting.option}\` | ${defaultOf(setting)} | ${docOf(variable, setting)}${deprecation(setting.formerName)} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

function defaultOf({ default: fallback, defaultWithoutLimits: withoutLimits }: Setting<unknown>): string {
  if (fallback === '') return '';
  return `\`${fallback}\`${withoutLimits === undefined ? '' : `; \`${withoutLimits}\` with \`LIMITS=off\``}`;
}

function docOf(variable: string, { doc, isSecret }: Setting<unknown>): string {
  return isSecret === true ? `${doc} Or in a file: \`${fileVariable(variable)}\` is its path.` : doc;
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
          const text = `${docOf(variable, setting)}${fallback === '' ? '' : ` [${fallback}]`}`;
          return `  ${variable.padEnd(width)}${text.replaceAll('`', '')}`;
        }),
      ].join('\n'),
    )
    .join('\n\n');
}
