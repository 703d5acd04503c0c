import type { Redis } from 'ioredis';

/** A point near the innocent client's box; `%s` is the id, `%p` the padding. */
const FEATURE =
  '{"type":"Feature","id":%s,"geometry":{"type":"Point","coordinates":[8.5,47.4]},"properties":{"pad":"%p"}}';

const FILL = `
local before, after = ARGV[3]:match('^(.-)%%p(.*)$')
local pad = string.rep('x', tonumber(ARGV[2]))
for i = 1, tonumber(ARGV[1]) do
  local text = before:gsub('%%s', i) .. pad .. after
  if ARGV[4] == 'hash' then redis.call('HSET', KEYS[1], i, text)
  else redis.call('XADD', KEYS[1], '1000-' .. i, 'data', text) end
end`;

/** Fills a hash with features of about that many bytes each. A script in Redis does it, so that it takes almost no time. */
export async function fillHash(redis: Redis, key: string, features: number, bytes: number): Promise<void> {
  await redis.eval(FILL, 1, key, features, bytes, FEATURE, 'hash');
}

/** Fills a stream with such features; entry n has the id `1000-n`. */
export async function fillStream(redis: Redis, key: string, entries: number, bytes: number): Promise<void> {
  await redis.eval(FILL, 1, key, entries, bytes, FEATURE, 'stream');
}

/** A line with vertices around a place, in degrees, as the text of a feature. */
export function lineFeature(id: number, vertices: number, [lon, lat]: readonly [number, number]): string {
  const coordinates = Array.from({ length: vertices }, (_, i) => [
    Number((lon + (i % 97) / 1000).toFixed(6)),
    Number((lat + (i % 89) / 1000).toFixed(6)),
  ]);
  const geometry = { type: 'LineString', coordinates };
  return JSON.stringify({ type: 'Feature', id, geometry, properties: {} });
}
