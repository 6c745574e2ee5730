/** A file of the journal, while it is written to. */
import { closeSync, writeSync } from 'node:fs';
import { type FrameTo, type Keyring, system, type WhenDone } from '../../../native/index.js';
import type { BlankSegment } from './blank-segment.js';
import { FrameChain } from './frames.js';
import { headBytes, type SegmentHead } from './segment-head.js';

export interface SegmentPlace extends Omit<FrameTo, 'append' | 'oldest' | 'next'> {
  readonly fd: number;
}

/** Takes frames; its space on the disk is set aside, so that writing one changes nothing but bytes. */
export class SegmentWriter {
  readonly number: number;
  readonly #fd: number;
  readonly #capacity: number;
  readonly #chain: FrameChain;
  #at = headBytes;

  private constructor(fd: number, head: SegmentHead, keyring: Keyring, capacity: number) {
    this.number = head.number;
    this.#fd = fd;
    this.#capacity = capacity;
    this.#chain = new FrameChain(keyring, head);
  }

  /** Gives a file of zeros its head, durable before any frame is. @throws NativeError, ErrnoException ENOSPC, EIO: the file is closed */
  static async begin(blank: BlankSegment, head: SegmentHead, keyring: Keyring): Promise<SegmentWriter> {
    const { fd, capacity } = blank;
    try {
      await blank.filled;
      writeAll(fd, head.bytes, 0);
      await system.fdatasync(fd);
      return new SegmentWriter(fd, head, keyring, capacity);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Bytes of frames that still fit. */
  get room(): number {
    return this.#capacity - this.#at;
  }

  /** Tag of the last frame. */
  get tag(): Buffer {
    return this.#chain.tag;
  }

  /** Writes a frame; durable after {@link sync}. */
  write(frame: Buffer): void {
    const sealed = this.#chain.seal(frame);
    writeAll(this.#fd, sealed, this.#at);
    this.#at += sealed.length;
  }

  /** Where the next frame goes, for who writes it elsewhere; {@link passed} says when that has ended. */
  get next(): SegmentPlace {
    return { fd: this.#fd, at: this.#at, capacity: this.#capacity, ...this.#chain.next };
  }

  passed(place: Pick<FrameTo, 'at' | 'index' | 'tag'>): void {
    this.#at = place.at;
    this.#chain.passed(place);
  }

  sync(whenDone?: readonly WhenDone[]): Promise<void> {
    return system.fdatasync(this.#fd, whenDone);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
