/**
 * Whether the id of one entry of a Redis Stream is later than that of another: `<milliseconds>-<sequence>`, both numbers
 * of up to 64 bits.
 *
 * @see https://redis.io/docs/latest/develop/data-types/streams/#entry-ids
 */
export function isAfter(id: string, other: string): boolean {
  const [ms, sequence] = parts(id);
  const [otherMs, otherSequence] = parts(other);
  return ms === otherMs ? sequence > otherSequence : ms > otherMs;
}

function parts(id: string): [bigint, bigint] {
  const match = /^(\d+)(?:-(\d+))?$/u.exec(id);
  return [BigInt(match?.[1] ?? 0), BigInt(match?.[2] ?? 0)];
}
