/** A segment while it is written to: by one session, and never after it. */
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { type Keyring, system } from '../../native/index.js';
import { encodeHead, type TreeHead } from '../manifest/head.js';
import { entryHeadBytes, entryTypes, frameLimit, groupMessage, lengthBytes, sealFrame } from './frame.js';
import { newSegmentHead, type SegmentHead } from './segment-head.js';

export class SegmentWriter {
  readonly head: SegmentHead;
  readonly #fd: number;
  readonly #keyring: Keyring;
  readonly #uuid: Buffer;
  readonly #hash = createHash('sha256');
  readonly #frame = system.plaintext(frameLimit);
  #filled = 0;
  #index = 0;
  #at = 0;
  #whole = 0;

  /**
   * @param create makes an empty file, once there is memory for what comes into it, and gives its descriptor
   * @throws Error ENOMEM; what `create` throws
   */
  constructor(
    create: () => number,
    place: { readonly number: number; readonly first: number },
    keyring: Keyring,
    uuid: Buffer,
  ) {
    this.#keyring = keyring;
    this.#uuid = uuid;
    this.head = newSegmentHead(place.number, place.first);
    this.#fd = create();
  }

  /** @throws ErrnoException ENOSPC, EIO */
  begin(): void {
    this.#write(this.head.bytes);
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#at;
  }

  /** Bytes up to the end of the last group that is durable; 0: none is. */
  get whole(): number {
    return this.#whole;
  }

  /** Gives back what is behind the last group; nothing is written to it after that. */
  cut(): void {
    ftruncateSync(this.#fd, this.#whole);
  }

  record(bytes: Buffer): void {
    this.#entry(entryTypes.record, bytes);
  }

  node(bytes: Buffer): void {
    this.#entry(entryTypes.node, bytes);
  }

  /** Ends a group; durable when it resolves. */
  async end(head: TreeHead): Promise<void> {
    this.#flush();
    // A frame of its own: whoever looks for the end of the copy reads no other.
    this.#entry(entryTypes.head, Buffer.concat([encodeHead(head), head.signature]));
    this.#flush();
    const signature = this.#keyring.sign(groupMessage(this.#uuid, this.#hash.copy().digest()));
    this.#write(Buffer.concat([Buffer.alloc(lengthBytes), signature]));
    await system.fdatasync(this.#fd);
    this.#whole = this.#at;
  }

  close(): void {
    system.wipe(this.#frame);
    closeSync(this.#fd);
  }

  #entry(type: number, bytes: Buffer): void {
    const head = Buffer.alloc(entryHeadBytes);
    head.writeUInt8(type);
    head.writeUInt32LE(bytes.length, 1);
    this.#fill(head);
    this.#fill(bytes);
  }

  #fill(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const copied = bytes.copy(this.#frame, this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled === frameLimit) this.#flush();
    }
  }

  #flush(): void {
    if (this.#filled === 0) return;
    const plain = this.#frame.subarray(0, this.#filled);
    this.#write(sealFrame(this.#keyring, this.head, this.#index, plain));
    this.#index += 1;
    this.#filled = 0;
  }

  #write(bytes: Buffer): void {
    this.#hash.update(bytes);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#at + done);
    this.#at += bytes.length;
  }
}
