import { readdirSync, readlinkSync, write } from 'node:fs';
import { promisify } from 'node:util';

const writeFd = promisify(write);
export const fuseSystem = {
  fuseFds(): number[] {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === '/dev/fuse';
        } catch {
          return false;
        }
      });
  },
  async fuseInvalidate(fd: number, first: number, last: number): Promise<number> {
    let known = 0;
    for (let node = first; node <= last; node++) {
      const m = Buffer.alloc(40);
      m.writeUInt32LE(40, 0);
      m.writeInt32LE(2, 4);
      m.writeBigUInt64LE(BigInt(node), 16);
      try {
        await writeFd(fd, m, 0, 40);
        known++;
      } catch (e) {
        if ((e as { code?: string }).code !== 'ENOENT') throw e;
      }
    }
    return known;
  },
};
