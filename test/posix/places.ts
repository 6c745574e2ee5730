/** Where the suite runs, and what can't be had there: one table, by rule, each with its reason. */
import { fuseNativeLimits } from './fuse-native-limits.js';
import type { Limit, Place } from './limit.js';
import type { Operation, Rule } from './rule.js';
import type { As } from './scene.js';

/** What FUSE passes on of fallocate's modes is in fs/fuse/file.c of the kernel. */
const ranges = [
  'COLLAPSE_RANGE takes blocks out',
  'INSERT_RANGE puts zeros between',
  'COLLAPSE_RANGE up to the end',
  'COLLAPSE_RANGE of parts of blocks',
  'INSERT_RANGE at the end',
  'INSERT_RANGE of parts of blocks',
] as const;

const accessTimes = 'access times change by utimensat only, as with noatime';
const temporary = 'the libraries know no request for a file without a name';
const devices = 'a vault keeps no devices: EPERM';
const byTheVault: readonly Limit[] = [
  { operation: 'read, pread, readv', rules: ['marks the access time'], reason: accessTimes },
  {
    operation: 'opendir, readdir, telldir, seekdir, rewinddir',
    rules: ['marks the access time'],
    reason: accessTimes,
  },
  {
    operation: 'open',
    rules: ['O_TMPFILE makes a file without a name', 'a file of O_TMPFILE gets a name by linkat'],
    reason: temporary,
  },
  {
    operation: 'mknod, mkfifo',
    rules: ['mknod by root makes a character device', 'mknod by root makes a block device'],
    reason: devices,
  },
  {
    operation: 'extended attributes',
    rules: ['a trusted attribute of root'],
    reason: 'a vault keeps no trusted attributes: EOPNOTSUPP',
  },
  {
    operation: 'fallocate',
    rules: ranges,
    reason: 'FUSE passes on KEEP_SIZE, PUNCH_HOLE and ZERO_RANGE only: EOPNOTSUPP',
  },
];

const byKillpriv: readonly Limit[] = [
  {
    operation: 'chown',
    rules: ['of -1 and -1 by another user of a file with setuid that is open to be written'],
    reason:
      'the kernel asks for it in the same words as for dropping setuid before a write, which is not refused; nothing is dropped',
  },
];

export const nativePlace: Place = { name: 'native', isVault: true, limits: [...byTheVault, ...byKillpriv] };
export const fuseNativePlace: Place = {
  name: 'fuse-native',
  isVault: true,
  limits: [...byTheVault, ...fuseNativeLimits],
};

/** A file system of a disk, such as ext4 or xfs. */
export const diskPlace: Place = { name: 'a plain directory', isVault: false, limits: [] };
export const tmpfsPlace: Place = {
  name: 'tmpfs',
  isVault: false,
  limits: [
    {
      operation: 'fallocate',
      rules: [
        ...ranges,
        'ZERO_RANGE makes zeros',
        'ZERO_RANGE makes the file longer',
        'ZERO_RANGE with KEEP_SIZE keeps the size',
      ],
      reason: 'tmpfs has no such modes',
    },
  ],
};

export function limitOf(place: Place, operation: Operation, rule: Rule, as?: As): Limit | undefined {
  return place.limits.find(
    (limit) =>
      limit.operation === operation.name &&
      limit.rules.includes(rule.text) &&
      (as === undefined || limit.as === undefined || limit.as === as),
  );
}
