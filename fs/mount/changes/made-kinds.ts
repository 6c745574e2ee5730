import type { InodeKind } from '../../manifest/records.js';
import { PosixError } from '../posix-error.js';

/** Types of mknod(2) (inode(7), S_IFMT). */
const typeMask = 0o170000;
const permissionMask = 0o7777;
const kinds = new Map<number, InodeKind>([
  [0, 'file'],
  [0o100000, 'file'],
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
]);
const devices: readonly number[] = [0o020000, 0o060000];

/** The part of a mode that chmod(2) sets. */
export function permissionsOf(mode: number): number {
  return mode & permissionMask;
}

/** What mknod(2) is to make. @throws PosixError EPERM for devices, EINVAL for other types */
export function madeKind(mode: number): InodeKind {
  const type = mode & typeMask;
  const kind = kinds.get(type);
  if (kind === undefined) throw new PosixError(devices.includes(type) ? 'EPERM' : 'EINVAL');
  return kind;
}
