/** What a sequence begins with, or a part of it: without any file and handle, most operations are only errors. */
import type { Operation, Step } from './operation.js';

export function ownDirectory(process: number): string {
  return `process-${process}`;
}

/** Directories, files and a handle for each of some processes; for one alone in its directory with `only`. */
export function opening(processes: number, only?: number): readonly Step[] {
  const prefix = only === undefined ? '' : `${ownDirectory(only)}/`;
  const common: readonly Operation[] = [
    { do: 'mkdir', path: `${prefix}b`, mode: 0o777 },
    { do: 'mkdir', path: `${prefix}c`, mode: 0o755 },
    { do: 'open', path: `${prefix}a`, flags: ['RDWR', 'CREAT'], mode: 0o666, slot: 0 },
    { do: 'chmod', path: `${prefix}a`, mode: 0o666 },
    { do: 'pwrite', slot: 0, offset: 0, length: 10_000, seed: 1 },
    { do: 'pwrite', slot: 0, offset: 70_000, length: 10_000, seed: 2 },
    { do: 'setxattr', path: `${prefix}a`, name: 'user.a', length: 5, seed: 3, flags: 0, follow: true },
    { do: 'mkdir', path: `${prefix}b/a`, mode: 0o777 },
    { do: 'link', path: `${prefix}a`, to: `${prefix}b/b`, follow: true },
    { do: 'open', path: `${prefix}b`, flags: ['RDONLY', 'DIRECTORY'], mode: 0, slot: 1 },
    { do: 'symlink', target: 'a', path: `${prefix}c/b` },
  ];
  const others: readonly Operation[] = [
    { do: 'open', path: `${prefix}a`, flags: ['RDWR'], mode: 0, slot: 0 },
    { do: 'open', path: `${prefix}b/c`, flags: ['RDWR', 'CREAT', 'APPEND'], mode: 0o644, slot: 1 },
    { do: 'pwrite', slot: 1, offset: 0, length: 1000, seed: 4 },
  ];
  return [
    ...common.map((operation) => step(only ?? 0, operation)),
    ...Array.from({ length: processes - 1 }, (_, at) => others.map((each) => step(at + 1, each))).flat(),
  ];
}

function step(process: number, operation: Operation): Step {
  return { process, operation, watch: false, tick: false };
}
