/** What a disk, or who has it, does to a vault's cubes. */
import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of the cubes below a directory. */
export function cubeFiles(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.cube'))
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** Changes one bit. */
export function flip(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte.writeUInt8(byte.readUInt8(0) ^ 0x40);
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}
