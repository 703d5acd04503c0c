/** The source of a regular expression that matches only this text. */
export function escapeForRegExp(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/gu, '\\$&');
}
