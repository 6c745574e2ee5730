import { constants } from 'node:fs';

/** Whether flags of open(2) let a handle read. */
export function mayRead(flags: number): boolean {
  return (flags & constants.O_WRONLY) === 0;
}

/** Whether flags of open(2) let a handle write. */
export function mayWrite(flags: number): boolean {
  return (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
}

/** Whether opening changes the file. */
export function truncates(flags: number): boolean {
  return (flags & constants.O_TRUNC) !== 0;
}
