import { keyMemoryBytes, lockLimit, unlockedMemory } from '../../common/key-memory.js';
import { system } from '../../native/index.js';

/** The rest is for the page of a key that is handed over. */
const arenaBytes = keyMemoryBytes - 32 * 1024;

/** Switches core dumps off and takes locked memory for keys, where there is any; once, at process start. */
export function hardenProcess(): void {
  system.harden();
  keyMemory();
}

/** Before a key or secret is read or made. @throws SherinError KEY_MEMORY */
export function requireKeyMemory(): void {
  lock();
}

/** What the keys' memory is made of, for `status`. */
export function keyMemory(): string {
  try {
    return lock();
  } catch {
    return `no memory (${keyMemoryBytes} bytes are to be locked, and it may lock ${lockLimit('soft')})`;
  }
}

function lock(): string {
  try {
    return system.lockKeyMemory(arenaBytes);
  } catch (error) {
    throw unlockedMemory(error) ?? error;
  }
}
