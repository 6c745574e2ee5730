import { url as debuggerUrl } from 'node:inspector';
import { SherinError } from '../../common/errors.js';
import { system } from '../../native/index.js';

let kind = 'not hardened';

/**
 * Shuts debuggers and core dumps out, and remembers what locked memory is made of; once, at process start.
 * @throws SherinError USAGE: Node's own debugger is open already, to every user of the machine
 */
export function hardenProcess(): void {
  const { memory, lockLimit } = system.harden();
  if (debuggerUrl() !== undefined)
    throw new SherinError('USAGE', { what: 'sherin-fs does not run under a debugger of Node (--inspect)' });
  kind = memory === 'unlocked' ? `unlocked (limit ${lockLimit} bytes)` : memory;
}

/** What the keys' memory is made of, for `status`. */
export function keyMemory(): string {
  return kind;
}
