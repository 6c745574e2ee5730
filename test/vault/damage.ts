/** What a disk, or who has it, does to a vault's cubes. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Changes one bit. */
export function flip(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte.writeUInt8(byte.readUInt8(0) ^ 0x40);
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}
