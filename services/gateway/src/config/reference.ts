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
          ([variable, { option, default: fallback, doc, formerName }]) =>
            `| \`${variable}\` | \`${option}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${doc}${deprecation(formerName)} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
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
        ...rows.map(
          ([variable, { default: fallback, doc }]) =>
            `  ${variable.padEnd(width)}${doc.replaceAll('`', '')}${fallback === '' ? '' : ` [${fallback}]`}`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}
