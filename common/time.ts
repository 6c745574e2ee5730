/** Times are nanoseconds since 1970 everywhere: in records, at the mount, on the wire. */

const perMillisecond = 1_000_000n;

/** Now, in steps of a millisecond. */
export function nowNanoseconds(): bigint {
  return BigInt(Date.now()) * perMillisecond;
}

/** RFC 3339 UTC, `2026-01-31T13:05:09.123Z`. */
export function isoTime(nanoseconds: bigint): string {
  return new Date(Number(nanoseconds / perMillisecond)).toISOString();
}
