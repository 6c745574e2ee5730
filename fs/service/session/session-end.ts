import { ByteReader } from '../../../common/bytes.js';
import { SherinError } from '../../../common/errors.js';
import type { Logger } from '../../../common/log.js';
import type { CubeReader } from '../../../native/index.js';
import { within } from '../../mount/within.js';
import { treeOfOneFile } from '../../writing/tree-of-one-file.js';
import { releaseMemory } from './release-memory.js';
import type { Session } from './session.js';

/** What the last records and the rollback counter may take at a lock. */
const closeMs = 20_000;
/** What an unlock waits for a session that could not be closed in time: as long as a TPM may be asked for one thing. */
const closedMs = 100_000;

export interface SessionEndParts {
  readonly reader: CubeReader;
  /** Has the kernel drop all that it holds. */
  readonly invalidate: () => Promise<unknown>;
  readonly log: Logger;
}

/** How sessions of a vault end: nothing of one is left in memory. */
export class SessionEnd {
  readonly #parts: SessionEndParts;
  /** The end of the last session, which a hung disk or TPM may put off. */
  #closing: Promise<void> = Promise.resolve();

  /**
   * One of each kind of object by which a tree is read, with nothing of a vault in them. V8 forgets what it has compiled for a kind with the collection that leaves none
   * of it: after each lock it compiled all of it anew, beside the first listing, which took a quarter longer.
   */
  readonly kept = [...treeOfOneFile(), new ByteReader(Buffer.alloc(0))];

  #firstInode = 0;

  constructor(parts: SessionEndParts) {
    this.#parts = parts;
  }

  /**
   * Numbers of inodes below were given out by sessions that ended. A mount outlives them: what was lost at a lock the kernel may know by its
   * number, and programs may have it open.
   */
  get firstInode(): number {
    return this.#firstInode;
  }

  /** Resolves when nothing is left of the last session. */
  get ended(): Promise<void> {
    return this.#closing;
  }

  /** As {@link ended}, for as long as it is worth it. @throws SherinError TIMEOUT */
  async requireEnded(): Promise<void> {
    if (
      (await within(
        this.#closing.then(() => true),
        closedMs,
      )) === undefined
    )
      throw new SherinError('TIMEOUT', { what: 'the end of the last session', seconds: closedMs / 1000 });
  }

  /** Content goes first, keys after at most `closeMs`: neither a full or hung disk nor a missing TPM keeps anybody from locking. */
  async end(session: Session): Promise<void> {
    const { reader, invalidate, log } = this.#parts;
    this.#firstInode = Math.max(this.#firstInode, session.manifest.nextInode);
    try {
      const ended = await Promise.allSettled([reader.stop(), invalidate()]);
      ended.push(...(await Promise.allSettled([this.#close(session)])));
      for (const { reason } of ended.filter((result) => result.status === 'rejected')) {
        log.error({ err: reason }, 'the vault was closed without raising the rollback counter');
      }
    } finally {
      session.keyring.wipe();
      await invalidate();
      // Names and attributes that it had are garbage once nobody waits here; pages of garbage alone go back to the kernel.
      setImmediate(releaseMemory);
    }
  }

  /** @throws SherinError as the session's close; TIMEOUT, and it may come to its end later */
  async #close(session: Session): Promise<void> {
    const closing = session.close();
    this.#closing = closing.catch(() => undefined);
    const closed = await within(
      closing.then(() => true),
      closeMs,
    );
    if (closed === undefined) {
      throw new SherinError('TIMEOUT', { what: 'closing the vault', seconds: closeMs / 1000 });
    }
  }
}
