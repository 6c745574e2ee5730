/** Lengths of time as people write them for what is kept. */
import { SherinError } from '../../common/errors.js';

const day = 86_400_000_000_000n;
/** Of fixed length, so that they mean the same on every day. */
const units: Readonly<Record<string, bigint>> = {
  y: 365n * day,
  m: 30n * day,
  w: 7n * day,
  d: day,
  h: day / 24n,
};

/** `1y6m`, `30d`, `2d12h` in nanoseconds. @throws SherinError USAGE */
export function parseDuration(text: string): bigint {
  if (!/^(\d{1,6}[ymwdh])+$/.test(text)) {
    throw new SherinError('USAGE', {
      what: `'${text}' is no length of time: write 36h, 30d, 8w, 6m, 1y or 1y6m`,
    });
  }
  let sum = 0n;
  for (const [, count = '0', unit = 'd'] of text.matchAll(/(\d+)([ymwdh])/g))
    sum += BigInt(count) * (units[unit] ?? 0n);
  return sum;
}
