import { url as debuggerUrl } from 'node:inspector';
import { SherinError } from '../../../common/errors.js';
import { keyMemoryBytes, lockLimit, unlockedMemory } from '../../../common/key-memory.js';
import { system } from '../../../native/index.js';

/** The rest is for the page of a key that is handed over. */
const arenaBytes = keyMemoryBytes - 32 * 1024;

/**
 * Shuts debuggers and core dumps out, and takes locked memory for keys, where there is any; once, at process start.
 * @throws SherinError USAGE: Node's own debugger is open already, to every user of the machine
 */
export function hardenProcess(): void {
  system.harden();
  if (debuggerUrl() !== undefined)
    throw new SherinError('USAGE', { what: 'sherin-fs does not run under a debugger of Node (--inspect)' });
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
