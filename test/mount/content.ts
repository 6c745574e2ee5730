/** Content that both sides of a mount can compute at any offset, so that a file of 5 GiB costs nothing. */

function byteAt(seed: number, offset: number): number {
  return (
    (seed * 37 + (offset % 251) + Math.floor(offset / 4096) * 13 + Math.floor(offset / 2 ** 32) * 101) % 256
  );
}

/** Fills `target` with the bytes of file `seed` from `offset`. */
export function fillPattern(seed: number, offset: number, target: Buffer): void {
  for (let at = 0; at < target.length; at++) target[at] = byteAt(seed, offset + at);
}

export function pattern(seed: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  fillPattern(seed, offset, bytes);
  return bytes;
}
