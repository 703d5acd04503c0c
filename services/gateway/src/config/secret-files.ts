import { readFileSync } from 'node:fs';

/** The variable with the path of a file that holds the value of a secret setting. */
export function fileVariable(variable: string): string {
  return `${variable}_FILE`;
}

/** What the files of secret settings hold. */
export interface SecretFiles {
  /** Values by variable. */
  values: ReadonlyMap<string, string>;
  /** What is wrong, and the remedy, for each file that cannot be used. */
  problems: readonly string[];
}

/**
 * Reads the secret settings that are in files.
 *
 * @param variables of the secret settings
 */
export function readSecretFiles(
  env: Readonly<Record<string, string | undefined>>,
  variables: readonly string[],
): SecretFiles {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const variable of variables) {
    const name = fileVariable(variable);
    const path = env[name]?.trim() ?? '';
    if (path === '') continue;
    if ((env[variable] ?? '').trim() !== '') {
      problems.push(`${variable} and ${name} are both set; set only one of them`);
      continue;
    }
    try {
      // Editors and `echo` end a file with a line break, which is not part of the secret.
      const value = readFileSync(path, 'utf8').trim();
      if (value === '') problems.push(`${name}: ${path} is empty; write the value into it`);
      else values.set(variable, value);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push(
        `${name}: cannot read ${path} (${why}); is it there, and may the gateway's user read it?`,
      );
    }
  }
  return { values, problems };
}
