/** A recovery key as a QR code for the terminal: for a telephone or a printer that is kept as safe as paper. */
import { closeSync, readSync } from 'node:fs';
import { encodeQR } from 'qr';
import { Secret } from '../../native/index.js';
import { memfd } from '../../native/ipc.js';

/** 56 characters in 7 groups, and a line end. */
const textBytes = 63;
/** White on black, whatever the terminal's colours are: a dark code on light ground is what cameras look for. */
const colours = '\x1b[97;40m';
const plain = '\x1b[0m';

/** Lines of half blocks. In capital letters, which take the least room; case does not matter where the key is typed. */
export function recoveryQr(key: Secret): readonly string[] {
  const fd = memfd('sherin-recovery', textBytes);
  const text = Buffer.alloc(textBytes);
  try {
    Secret.writeRecoveryKey(key, fd);
    readSync(fd, text, 0, textBytes, 0);
    const code = encodeQR(text.toString('latin1').trim().toUpperCase(), 'ascii', { ecc: 'medium' });
    return code.split('\n').filter(Boolean);
  } finally {
    text.fill(0);
    closeSync(fd);
  }
}

/** Empty where the terminal is too narrow. */
export function shownQr(key: Secret, columns: number): string {
  const lines = recoveryQr(key);
  if ((lines[0]?.length ?? 0) > columns) return '';
  return lines.map((line) => `${colours}${line}${plain}\n`).join('');
}
