import { system } from '../../native/index.js';

let kind = 'not hardened';

/** Switches core dumps off and remembers what locked memory is made of; once, at process start. */
export function hardenProcess(): void {
  const { memory, lockLimit } = system.harden();
  kind = memory === 'unlocked' ? `unlocked (limit ${lockLimit} bytes)` : memory;
}

/** What the keys' memory is made of, for `status`. */
export function keyMemory(): string {
  return kind;
}
