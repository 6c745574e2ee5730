/** Locked memory for keys and secrets: how much a process wants, what it may have, and the refusal without. */
import { readFileSync } from 'node:fs';
import { SherinError, systemCode } from './errors.js';

/** Bytes of it that sherin-fs has at the most, whatever the vault holds, but for many secrets at once; sherinctl has less. */
export const keyMemoryBytes = 128 * 1024;

/** CAP_IPC_LOCK, with which no limit holds (capabilities(7)). */
const ipcLock = 1n << 14n;

/** Bytes that this process may lock, now or once it has raised its own limit; Infinity: without limit. */
export function lockLimit(which: 'soft' | 'hard'): number {
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if ((BigInt(`0x${capabilities ?? '0'}`) & ipcLock) !== 0n) return Number.POSITIVE_INFINITY;
  const match = /^Max locked memory\s+(\S+)\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  const bytes = match?.[which === 'soft' ? 1 : 2] ?? '0';
  return bytes === 'unlimited' ? Number.POSITIVE_INFINITY : Number(bytes);
}

/** KEY_MEMORY where an addon could lock no memory; null for any other error. */
export function unlockedMemory(error: unknown): SherinError | null {
  const errno = systemCode(error);
  if (errno === undefined || !(error instanceof Error && 'syscall' in error && error.syscall === 'mlock'))
    return null;
  const limit = lockLimit('soft');
  const context = { errno, needed: keyMemoryBytes, limit: Number.isFinite(limit) ? limit : 'unlimited' };
  return new SherinError('KEY_MEMORY', context, { cause: error });
}
