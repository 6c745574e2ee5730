/** Where stores lie while they are measured, and the kernel's caches. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Place {
  readonly name: 'disk' | 'RAM';
  /** An empty directory, removed afterwards. */
  readonly path: string;
  remove(): void;
}

/** statfs(2), f_type of tmpfs. */
const tmpfs = 0x01021994;

/** A directory on a disk (`SHERIN_BENCH_DIR`, else the system's temporary one) and one in memory. */
export function places(): readonly Place[] {
  const disk = process.env.SHERIN_BENCH_DIR ?? tmpdir();
  if (statfsSync(disk).type === tmpfs) {
    throw new Error(`${disk} lies in memory; name a directory on a disk with SHERIN_BENCH_DIR`);
  }
  if (statfsSync('/dev/shm').type !== tmpfs) throw new Error('/dev/shm is not in memory');
  return [place('disk', disk), place('RAM', '/dev/shm')];
}

function place(name: Place['name'], parent: string): Place {
  const path = mkdtempSync(join(parent, 'sherin-bench-'));
  return { name, path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Drops the page cache, names and inodes (Documentation/admin-guide/sysctl/vm.rst); needs root. */
export function dropCaches(): void {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}
