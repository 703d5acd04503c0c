import { VARIABLES } from './config.js';

/** The table of settings as Markdown, for docs/settings.md. */
export function configReference(): string {
  const rows = Object.entries(VARIABLES).map(
    ([name, { default: fallback, doc }]) =>
      `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${doc} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The table of settings for a terminal. */
export function configHelp(): string {
  const width = Math.max(...Object.keys(VARIABLES).map(({ length }) => length)) + 2;
  return Object.entries(VARIABLES)
    .map(
      ([name, { default: fallback, doc }]) =>
        `  ${name.padEnd(width)}${doc.replaceAll('`', '')}${fallback === '' ? '' : ` [${fallback}]`}`,
    )
    .join('\n');
}
