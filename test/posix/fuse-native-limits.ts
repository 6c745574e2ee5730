/** What can't be had with fuse-native beside what no mount of a vault has: rules by operation, each with its reason. */
import { fuseNativeLimits as mountLimits } from '../../fs/mount/fuse-native/limits.js';
import type { Limit } from './limit.js';

const names = 'names that are not UTF-8 do not pass the binding';
const flags = 'libfuse 2.9 has no flags of rename: EINVAL';
const ranges = 'the binding has no fallocate: EOPNOTSUPP';
const holes = 'libfuse 2.9 has no SEEK_DATA and SEEK_HOLE: the kernel takes all of a file for data';
const locks = 'libfuse 2.9 gives each name of a file an inode of the kernel, with locks of its own';
const caches = {
  reason:
    'libfuse 2.9 gives each name of a file an inode of the kernel, with a cache of its own for a second',
  passes: mountLimits.attributeTimeout,
} as const;
const hidden = 'libfuse 2.9 keeps a file that is removed while open as .fuse_hidden… in its directory';
const paths = 'libfuse 2.9 asks for a directory by its path, also when it is open';
const callers =
  'the binding does not tell who calls: what anybody makes belongs to the owner of its directory';

/** Rules as a user about what is someone else’s. */
const others: Readonly<Record<string, readonly string[]>> = {
  open: ['O_NOATIME on a file of someone else'],
  'creat, O_CREAT': ['the directory is someone else’s', 'setgid of a group that one is not in is left out'],
  'truncate, ftruncate': ['truncate: the file is someone else’s'],
  mkdir: ['the parent is someone else’s'],
  chmod: ['the file is root’s', 'fchmod: the file is someone else’s'],
  chown: ['the file is someone else’s', 'a group of the file of someone else'],
  'utimensat, futimens': [
    'now for both of a file of someone else that one may not write',
    'no times for a file of someone else that one may not write',
    'times for a file of someone else that one may write',
    'now for one time of a file of someone else',
  ],
  'extended attributes': ['a user attribute of a sticky directory of someone else'],
  'sticky directories': [
    ...['file', 'link', 'FIFO', 'directory'].flatMap((kind) =>
      ['removed', 'renamed', 'replaced'].map((what) => `a ${kind} of someone else is ${what}`),
    ),
    'a file of someone else is moved out',
    'one’s own link to a file of someone else is removed',
  ],
  'access and permissions': [
    'a change of the mode holds for the next look',
    'a change of the group holds for the next look',
  ],
};

export const fuseNativeLimits: readonly Limit[] = [
  {
    operation: 'names and paths',
    rules: [
      ...[
        'the byte 0xff',
        'a byte that only continues',
        'a letter that is cut off',
        'a letter in more bytes than it needs',
        'half of a surrogate',
        '255 bytes that are not UTF-8',
      ].map((name) => `a file may have a name of ${name}`),
      ...['the byte 0xff', 'a byte that only continues'].flatMap((name) => [
        `a directory may have a name of ${name}`,
        `a file is renamed to ${name} and removed`,
      ]),
    ],
    reason: names,
  },
  { operation: 'readlink', rules: ['gives bytes that are not UTF-8 as it was written'], reason: names },
  {
    operation: 'renameat2',
    rules: [
      'NOREPLACE renames to a free name',
      'NOREPLACE moves a directory',
      'EXCHANGE exchanges two files',
      'EXCHANGE exchanges a file and a directory',
      'EXCHANGE exchanges directories with something in them',
      'EXCHANGE exchanges links, not what they lead to',
      'EXCHANGE across directories moves links of parents',
      'EXCHANGE across directories changes where .. leads',
      'EXCHANGE keeps descriptors',
      'EXCHANGE marks mtime and ctime of both directories',
      'EXCHANGE in a sticky directory with a file of someone else',
    ],
    reason: flags,
  },
  {
    operation: 'fallocate',
    rules: [
      'makes an empty file longer with zeros',
      'makes a file longer and keeps its bytes',
      'behind the end leaves a hole between',
      'within a file changes nothing',
      'marks ctime and mtime when the file gets longer',
      'works with O_APPEND',
      'clears setuid and setgid',
      'the process may make no file as long',
      'with KEEP_SIZE keeps the size',
      'with KEEP_SIZE keeps the bytes',
      'PUNCH_HOLE makes zeros of whole blocks',
      'PUNCH_HOLE makes zeros of parts of blocks',
      'PUNCH_HOLE across blocks and parts',
      'PUNCH_HOLE of everything gives space back',
      'PUNCH_HOLE keeps the size at the end',
      'PUNCH_HOLE behind the end changes nothing',
      'PUNCH_HOLE marks ctime and mtime',
      'what is written into a hole is read',
      'another process sees the hole at once',
      'ZERO_RANGE makes zeros',
      'ZERO_RANGE makes the file longer',
      'ZERO_RANGE with KEEP_SIZE keeps the size',
    ],
    reason: ranges,
  },
  { operation: 'files beyond 4 GiB', rules: ['a hole is punched beyond 4 GiB'], reason: ranges },
  {
    operation: 'lseek, SEEK_HOLE, SEEK_DATA',
    rules: ['a punched hole is found', 'data behind a punched hole is found'],
    reason: ranges,
  },
  {
    operation: 'lseek, SEEK_HOLE, SEEK_DATA',
    rules: [
      'SEEK_HOLE in a hole gives the offset',
      'SEEK_DATA in a hole finds the data behind',
      'SEEK_HOLE in data finds the hole behind',
      'SEEK_DATA sets the offset of the file',
      'holes are there after fsync as well',
      'SEEK_DATA in the last hole',
    ],
    reason: holes,
  },
  {
    operation: 'files beyond 4 GiB',
    rules: ['data beyond 4 GiB is found', 'a hole that starts beyond 4 GiB is found'],
    reason: holes,
  },
  {
    operation: 'link',
    rules: [
      'counts the links, seen by both names',
      'a hundred links of one file',
      'marks ctime of the file',
      'to a file of someone else that one may read and write',
      'what is written by one name is read by the other',
      'what is written by one name is read by a descriptor of the other',
      'a size changed by one name is shown by the other',
      'a mode changed by one name is shown by the other',
      'counts the links of a descriptor that is open',
    ],
    ...caches,
  },
  { operation: 'unlink', rules: ['marks ctime of the file'], ...caches },
  {
    operation: 'rename',
    rules: ['takes one link from a file that is replaced', 'marks ctime of a file that it replaces'],
    ...caches,
  },
  { operation: 'flock', rules: ['of both names of a file is one lock'], reason: locks },
  {
    operation: 'fcntl locks',
    rules: ['locks of both names of a file are those of one file'],
    reason: locks,
  },
  {
    operation: 'files without a name that are open',
    rules: ['live on in a directory that goes as well', 'leave no name of another kind behind'],
    reason: hidden,
  },
  { operation: 'open', rules: ['a directory that is open survives its removal'], reason: paths },
  ...Object.entries(others).map(
    ([operation, rules]): Limit => ({ operation, rules, reason: callers, as: 'user' }),
  ),
];
