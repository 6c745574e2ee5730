import { closeSync, openSync } from 'node:fs';
import { Secret } from '../../native/index.js';
import { requireKeyMemory } from '../service/session/key-memory.js';
import { acknowledge, RecoveryOut } from './recovery-out.js';

export interface RecoveryKeyOptions {
  readonly yes: boolean;
  /** Memory file for the key, of the process that makes a slot for it. */
  readonly keyFd: number;
  readonly recoveryOut?: string;
}

/** Makes a recovery key and shows it once; only one that was acknowledged, or is in its file, is handed on. */
export async function recoveryKey({ yes, keyFd, recoveryOut }: RecoveryKeyOptions): Promise<void> {
  requireKeyMemory();
  const out = RecoveryOut.open(recoveryOut);
  const key = Secret.random(32);
  try {
    out.write(key);
    if (out.path === null && !yes) await acknowledge();
    // Opened anew: who shares the descriptor reads it from the beginning.
    const fd = openSync(`/proc/self/fd/${keyFd}`, 'r+');
    try {
      Secret.writeRecoveryKey(key, fd);
    } finally {
      closeSync(fd);
    }
    out.keep();
  } finally {
    key.wipe();
    out.close();
  }
}
