import { fstatSync, readdirSync } from 'node:fs';

/** How many descriptors of this process lead to a file. */
export function descriptorsOf(ino: number): number {
  const numbers = readdirSync('/proc/self/fd').map(Number);
  return numbers.filter((fd) => {
    try {
      return fstatSync(fd).ino === ino;
    } catch {
      // That of the listing itself.
      return false;
    }
  }).length;
}
