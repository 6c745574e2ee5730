/** Arguments of operations, drawn from few values that meet each other: the same names, the borders of pages and cubes. */
import fc from 'fast-check';
import type { Flag, Time } from './operation.js';

const KiB = 1024;
const MiB = 1024 * KiB;

const names = ['a', 'b', 'c'] as const;
const name = fc.constantFrom(...names);
/** A name that is no UTF-8, two that only normalization makes equal, the longest one and one byte more. */
const oddNames = ['\xff\xfe', '\xc3\xa9', 'e\xcc\x81', 'n'.repeat(255), 'n'.repeat(256)] as const;
/**
 * `..` follows a name here, and is followed by one, in symbolic links too: so no path leads out of the directory of a
 * sequence, whatever its links are.
 */
const oddPaths = ['.', 'a/.', 'a/', 'a/../b', 'a//b', ''] as const;

/** A path; sets of processes that may not meet have a directory each, `below`. */
export function path(below = ''): fc.Arbitrary<string> {
  const inside = fc.oneof(
    { weight: 12, arbitrary: name },
    { weight: 10, arbitrary: fc.tuple(name, name).map((parts) => parts.join('/')) },
    { weight: 3, arbitrary: fc.tuple(name, name, name).map((parts) => parts.join('/')) },
    { weight: 1, arbitrary: fc.constantFrom(...oddNames) },
    { weight: 1, arbitrary: fc.constantFrom(...oddPaths) },
  );
  return below === '' ? inside : inside.map((path) => `${below}/${path}`);
}

export const linkTarget = fc.oneof(
  { weight: 6, arbitrary: name },
  { weight: 3, arbitrary: fc.tuple(name, name).map((parts) => parts.join('/')) },
  { weight: 1, arbitrary: fc.constantFrom('missing', 'a/../b', '', 't'.repeat(1000), 't'.repeat(4096)) },
);

const borders = [1, 4096, 64 * KiB, MiB] as const;
const nearBorder = fc
  .tuple(fc.constantFrom(...borders), fc.constantFrom(0, 1, -1))
  .map(([border, step]) => border + step);

export const size = fc.oneof(
  { weight: 4, arbitrary: fc.nat(200) },
  { weight: 6, arbitrary: nearBorder },
  { weight: 1, arbitrary: fc.constantFrom(2 * MiB + 5000, -1) },
);
export const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 3, arbitrary: fc.constantFrom(4096, 5000, 64 * KiB, 70_000) },
  { weight: 1, arbitrary: fc.constantFrom(MiB + 1, 0) },
);
/** Mapping needs a byte at least. */
export const mapLength = fc.integer({ min: 1, max: 5000 });
export const seed = fc.nat(1000);
export const slot = fc.nat(1);
export const yesOrNo = fc.boolean();

export const mode = fc.constantFrom(
  ...[0o644, 0o755, 0o600, 0o666, 0o777, 0o400, 0o000, 0o444, 0o4755, 0o2755, 0o2775, 0o6777, 0o1777],
);
/** -1 leaves it as it is. */
export const owner = fc.constantFrom(-1, 0, 1000, 65_534);

export const flags: fc.Arbitrary<Flag[]> = fc
  .tuple(
    fc.constantFrom<Flag>('RDWR', 'RDWR', 'RDONLY', 'WRONLY'),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<Flag[]>(['CREAT']) },
      {
        weight: 2,
        arbitrary: fc.subarray<Flag>(['CREAT', 'EXCL', 'TRUNC', 'APPEND', 'NOFOLLOW'], { maxLength: 4 }),
      },
      {
        weight: 1,
        arbitrary: fc.subarray<Flag>(['DIRECTORY', 'PATH', 'SYNC', 'DSYNC', 'NOATIME', 'APPEND'], {
          maxLength: 2,
        }),
      },
    ),
  )
  .map(([access, others]) => [access, ...others]);

/** None is of the years in which a test may run. */
export const time: fc.Arbitrary<Time> = fc.constantFrom<Time[]>(
  'omit',
  'now',
  [0, 0],
  [951_782_400, 123_456_789],
  [2_000_000_000, 1],
  [4_102_444_800, 999_999_999],
  [-86_400, 500_000_000],
);

export const attribute = fc.constantFrom('user.a', 'user.a', 'user.b', 'user.\xe4');
export const attributeLength = fc.constantFrom(0, 5, 64);
export const attributeFlags = fc.constantFrom(0 as const, 1 as const, 2 as const);
