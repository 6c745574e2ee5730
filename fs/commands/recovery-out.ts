/** Where a new recovery key goes, once: a new private file, or the terminal; never a pipe or log by accident. */
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { isatty } from 'node:tty';
import { SherinError, systemCode } from '../../common/errors.js';
import { reason } from '../../common/local-error.js';
import { Secret } from '../../native/index.js';
import { shownQr } from './recovery-qr.js';

const stdout = 1;

export class RecoveryOut {
  /** Null: the terminal. */
  readonly path: string | null;
  readonly #fd: number;
  #kept = false;

  private constructor(path: string | null, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** @throws SherinError USAGE */
  static open(path: string | undefined): RecoveryOut {
    if (path === undefined) {
      if (isatty(stdout)) return new RecoveryOut(null, stdout);
      throw new SherinError('USAGE', {
        what: 'the recovery key is shown on a terminal only: add --recovery-out FILE',
      });
    }
    try {
      return new RecoveryOut(path, openSync(path, 'wx', 0o600));
    } catch (error) {
      const what =
        systemCode(error) === 'EEXIST'
          ? `${path} exists already, and a recovery key goes into a new file only: name another, or look what it is and remove it`
          : `${path} can not be made: ${reason(error)}`;
      throw new SherinError('USAGE', { what }, { cause: error });
    }
  }

  /** Durable when it returns. */
  write(key: Secret): void {
    Secret.writeRecoveryKey(key, this.#fd);
    if (this.path !== null) fsyncSync(this.#fd);
    else writeSync(this.#fd, shownQr(key, process.stdout.columns));
  }

  /** What the key opens is there. */
  keep(): void {
    this.#kept = true;
  }

  /** A file whose key opens nothing goes again. */
  close(): void {
    if (this.path === null) return;
    closeSync(this.#fd);
    if (!this.#kept) unlinkSync(this.path);
  }
}

/** Asks until it is done. */
export async function acknowledge(): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = await terminal.question('Have you written the recovery key down? Type yes: ');
      if (answer.trim().toLowerCase() === 'yes') return;
    }
  } finally {
    terminal.close();
  }
}
