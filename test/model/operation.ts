/** Operations as the workers take them (worker/operations.py), and steps: which process does which. */

export type Flag =
  | 'RDONLY'
  | 'WRONLY'
  | 'RDWR'
  | 'CREAT'
  | 'EXCL'
  | 'TRUNC'
  | 'APPEND'
  | 'NOFOLLOW'
  | 'DIRECTORY'
  | 'PATH'
  | 'SYNC'
  | 'DSYNC'
  | 'NOATIME';

export type Time = 'now' | 'omit' | readonly [seconds: number, nanoseconds: number];

interface OnPath {
  /** Relative to the directory of the sequence; each character is a byte. */
  readonly path: string;
}
interface OnHandle {
  /** Handles of a process have numbers; an empty slot stands for another one, and EBADF is answered without any. */
  readonly slot: number;
}
interface Follow {
  /** A symbolic link at the end of the path is followed. */
  readonly follow: boolean;
}
interface Range {
  readonly offset: number;
  readonly length: number;
}
/** Bytes to write are computed from a seed. */
interface Content {
  readonly length: number;
  readonly seed: number;
}
interface Owner {
  readonly uid: number;
  readonly gid: number;
}
interface Times {
  readonly access: Time;
  readonly change: Time;
}

/** Arguments of each operation. */
export interface Operations {
  open: OnPath & OnHandle & { readonly flags: readonly Flag[]; readonly mode: number };
  close: OnHandle;
  dup: OnHandle & { readonly into: number };
  /** Hands the same open file to another process, into its slot `into`. */
  give: OnHandle & { readonly process: number; readonly into: number };
  read: OnHandle & { readonly length: number };
  pread: OnHandle & Range;
  write: OnHandle & Content;
  pwrite: OnHandle & Range & Content;
  map_write: OnHandle & Range & Content;
  seek: OnHandle & { readonly offset: number; readonly whence: 'start' | 'here' | 'end' };
  extents: OnHandle;
  ftruncate: OnHandle & { readonly size: number };
  truncate: OnPath & { readonly size: number };
  fallocate: OnHandle &
    Range & { readonly mode: 'allocate' | 'keep-size' | 'punch' | 'zero' | 'zero-keep-size' };
  copy_range: OnHandle & Range & { readonly source: number; readonly start: number };
  fsync: OnHandle & { readonly data: boolean };
  rename: OnPath & { readonly to: string; readonly how: 'plain' | 'no-replace' | 'exchange' };
  link: OnPath & Follow & { readonly to: string };
  unlink: OnPath;
  symlink: OnPath & { readonly target: string };
  readlink: OnPath;
  mkdir: OnPath & { readonly mode: number };
  rmdir: OnPath;
  mknod: OnPath & { readonly kind: 'fifo' | 'socket'; readonly mode: number };
  readdir: OnPath;
  readdir_handle: OnHandle;
  stat: OnPath & Follow;
  fstat: OnHandle;
  access: OnPath & { readonly mode: number };
  chmod: OnPath & { readonly mode: number };
  fchmod: OnHandle & { readonly mode: number };
  chown: OnPath & Follow & Owner;
  fchown: OnHandle & Owner;
  utimens: OnPath & Follow & Times;
  futimens: OnHandle & Times;
  setxattr: OnPath & Follow & Content & { readonly name: string; readonly flags: 0 | 1 | 2 };
  fsetxattr: OnHandle & Content & { readonly name: string; readonly flags: 0 | 1 | 2 };
  getxattr: OnPath & Follow & { readonly name: string };
  removexattr: OnPath & Follow & { readonly name: string };
  listxattr: OnPath & Follow;
}

export type OperationName = keyof Operations;
export type Operation = { [N in OperationName]: { readonly do: N } & Operations[N] }[OperationName];

/** Where and how closely an operation is looked at. */
export interface Look {
  /** What it changes on the files that it names is compared at once; else only what it answers. */
  readonly watch: boolean;
  /** It waits for the next tick of the kernel's clock, so that every change of a time shows. */
  readonly tick: boolean;
}

export interface Step extends Look {
  readonly process: number;
  readonly operation: Operation;
}

/** What an operation answered: a value or the name of an error. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
  /** What it changed, by the places that it names. */
  readonly seen?: unknown;
}

/** A step as its worker takes it. */
export function commandOf({ operation, watch, tick }: Step): Readonly<Record<string, unknown>> {
  return { ...operation, watch, tick };
}

export function describeStep({ process, operation, watch, tick }: Step): string {
  const { do: name, ...args } = operation;
  const look = [watch ? 'watched' : '', tick ? 'after a tick' : ''].filter(Boolean).join(', ');
  return `process ${process}: ${name} ${JSON.stringify(args)}${look === '' ? '' : ` (${look})`}`;
}
