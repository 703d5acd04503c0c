/**
 * The address of a gateway.
 *
 * @param url with the scheme `http`, `https`, `ws` or `wss`, and a path if a proxy serves the gateway below one; in a page
 *   also `/path` or `//host`
 * @throws RangeError if it is not the address of a gateway, with the right form
 */
export function addressOf(url: string | URL): URL {
  const text = String(url);
  const { location } = globalThis as { location?: { href: string } };
  const parsed = parse(text, location?.href);
  if (parsed === null || !SCHEMES.has(parsed.protocol))
    throw new RangeError(`"${text}" is not an address; give one such as http://localhost:8080`);
  if (parsed.pathname.includes('/socket.io'))
    throw new RangeError(
      `"${text}" is the address of socket.io; give that of the gateway, without /socket.io/, and the option transport: socketIo()`,
    );
  return parsed;
}

const SCHEMES = new Set(['http:', 'https:', 'ws:', 'wss:']);

function parse(text: string, page: string | undefined): URL | null {
  // In a page, any text would be a relative address.
  const base = text.startsWith('/') ? page : undefined;
  return URL.canParse(text, base) ? new URL(text, base) : null;
}
