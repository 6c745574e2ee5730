/** Heads of the log that were kept elsewhere, one document in each line, oldest first: the log must contain them all. */
import { readSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { parseProof } from '../../common/proof-document.js';
import { type Verify, verifier } from '../../common/signature.js';
import { NotCanonical } from '../../common/strict-json.js';
import { uuidText, type VaultKey } from '../../common/vault-key.js';
import { broken } from './fault.js';
import { headIsSigned } from './signed-head.js';

interface Anchor {
  /** Number of records. */
  readonly size: number;
  readonly root: Buffer;
}

/** Bytes of the longest line; a head has some 350. */
const longestAnchor = 1024;
const chunkBytes = 64 * 1024;

/** Read one after the other, as the log grows past them: memory stays bounded, however many there are. */
export class Anchors {
  readonly #lines: Iterator<Buffer>;
  readonly #key: VaultKey;
  readonly #verify: Verify;
  #next: Anchor | null = null;
  #number = 0;
  #torn = 0;
  #met = 0;
  #archived = 0;

  /** @param fd of the file, at its beginning. @throws SherinError AUDIT_BROKEN, ROLLBACK as {@link meet} */
  constructor(fd: number, key: VaultKey) {
    this.#lines = linesOf(fd);
    this.#key = key;
    this.#verify = verifier(key.publicKey);
    this.#advance();
  }

  /** How many the log has been found to contain. */
  get met(): number {
    return this.#met;
  }

  /** How many are of the part of the log that is archived and was not read. */
  get archived(): number {
    return this.#archived;
  }

  /** Lines that a crash cut off while they were written. */
  get torn(): number {
    return this.#torn;
  }

  /** The log is read from this size on: heads of fewer records can not be looked at. */
  begin(size: number): void {
    while (this.#next !== null && this.#next.size < size) {
      this.#archived += 1;
      this.#advance();
    }
  }

  /** The log has this size now. @throws SherinError AUDIT_BROKEN where a head of this size is another; ROLLBACK */
  meet(size: number, root: () => Buffer): void {
    while (this.#next?.size === size) {
      if (!this.#next.root.equals(root()))
        throw broken(`its first ${size} records are not those of the anchor in line ${this.#number}`);
      this.#met += 1;
      this.#advance();
    }
  }

  /** The log ends at this size. @throws SherinError ROLLBACK where a head is beyond it */
  end(size: number): void {
    if (this.#next !== null)
      throw new SherinError('ROLLBACK', {
        part: `the audit log has ${size} records, the anchor in line ${this.#number} is of ${this.#next.size}`,
      });
  }

  #advance(): void {
    const before = this.#next;
    this.#next = null;
    for (let line = this.#lines.next(); !line.done; line = this.#lines.next()) {
      this.#number += 1;
      const head = this.#parse(line.value);
      if (head === null) continue;
      if (before !== null && head.size < before.size)
        throw new SherinError('ROLLBACK', {
          part: `the audit log had ${before.size} records at one anchor and ${head.size} at the next, in line ${this.#number}`,
        });
      this.#next = head;
      return;
    }
  }

  #parse(line: Buffer): Anchor | null {
    if (line.at(-1) !== 0x7d) {
      this.#torn += 1;
      return null;
    }
    const bad = (part: string): SherinError => broken(`the anchor in line ${this.#number} is none: ${part}`);
    try {
      const document = parseProof(line);
      if (document.kind !== 'audit-head') throw bad('it is no head of a log');
      const { vault, head } = document;
      if (vault !== uuidText(this.#key.uuid)) throw bad(`it is of the vault ${vault}`);
      if (!headIsSigned(head, this.#key.uuid, this.#verify)) throw bad('its signature does not verify');
      return { size: head.size, root: Buffer.from(head.root, 'base64') };
    } catch (error) {
      throw error instanceof NotCanonical ? bad(error.message) : error;
    }
  }
}

/** What is too long is cut, and so is no head. */
function* linesOf(fd: number): Iterator<Buffer> {
  let carry: Buffer = Buffer.alloc(0);
  const chunk = Buffer.alloc(chunkBytes);
  for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) {
    let at = 0;
    for (let end = chunk.indexOf(10); end >= 0 && end < read; end = chunk.indexOf(10, at)) {
      yield Buffer.concat([carry, chunk.subarray(at, end)]).subarray(0, longestAnchor);
      carry = Buffer.alloc(0);
      at = end + 1;
    }
    carry = Buffer.concat([carry, chunk.subarray(at, read)]).subarray(0, longestAnchor);
  }
  if (carry.length > 0) yield carry;
}
