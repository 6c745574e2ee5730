/** Checks of the logs of an open vault: audit log, manifest log, and the copy of it. */
import { SherinError } from '../../../common/errors.js';
import type { Keyring } from '../../../native/index.js';
import { type AuditReport, verifyAudit } from '../../audit/verify.js';
import { checkCopy } from '../../log-copy/check.js';
import type { LogCopy } from '../../log-copy/log-copy.js';
import type { Manifest } from '../../manifest/manifest.js';
import { auditKeys } from './key-uses.js';

export interface LogChecksParts {
  readonly uuid: Buffer;
  readonly auditDir: string;
  readonly keyring: Keyring;
  readonly manifest: Manifest;
  readonly logCopy: LogCopy;
  /** The vault is being locked, or is. */
  readonly closed: () => boolean;
}

export class LogChecks {
  readonly #parts: LogChecksParts;

  constructor(parts: LogChecksParts) {
    this.#parts = parts;
  }

  /** Checks the whole audit log, MACs included. @throws SherinError AUDIT_BROKEN, ROLLBACK, LOCKED */
  audit(): Promise<AuditReport> {
    const { uuid, auditDir: dir, keyring, manifest } = this.#parts;
    const { auditSize: size, auditRoot: root } = manifest.head;
    return this.#unlessLocked(() =>
      verifyAudit({ ...auditKeys(keyring), dir, uuid, expect: { size, root } }),
    );
  }

  /** Checks the whole manifest log. @throws SherinError MANIFEST_BROKEN, LOCKED */
  manifest(): Promise<void> {
    return this.#unlessLocked(() => this.#parts.manifest.verifyLog());
  }

  /** Checks the copy of the manifest log. @throws SherinError COPY_BROKEN, DISK_READ, LOCKED */
  async copy(): Promise<void> {
    const { logCopy, manifest } = this.#parts;
    // A disk that takes no more of it is no fault of what is there.
    await logCopy.bring().catch(() => undefined);
    const { fault } = await this.#unlessLocked(() => logCopy.still((place) => checkCopy(place, manifest)));
    if (fault !== null) throw new SherinError('COPY_BROKEN', { part: fault });
  }

  /** What fails because the vault is being locked says so. */
  async #unlessLocked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#parts.closed() ? new SherinError('LOCKED', {}, { cause: error }) : error;
    }
  }
}
