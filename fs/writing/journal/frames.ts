/** Frames of a segment: one behind the other, each bound to the one before (FORMAT.md, "Journal"). */
import type { FrameTo, Keyring } from '../../../native/index.js';
import { headBytes, type SegmentHead, tagBytes } from './segment-head.js';

export const frameLimit = 1024 * 1024;
/** The length, and its complement: no other length can be taken for it. */
const lengthBytes = 8;

/** Bytes that a frame of `length` bytes takes. */
export function frameBytes(length: number): number {
  return lengthBytes + length + tagBytes;
}

type ChainPlace = Pick<FrameTo, 'head' | 'salt' | 'segment' | 'index' | 'tag'>;

/** Places of frames, and what each is bound to. A place is used once, whatever becomes of its bytes. */
export class FrameChain {
  readonly #keyring: Keyring;
  readonly #head: SegmentHead;
  #index = 0;
  #previous: Buffer;

  constructor(keyring: Keyring, head: SegmentHead) {
    this.#keyring = keyring;
    this.#head = head;
    this.#previous = head.before;
  }

  /** Tag of the last frame, or what the first one is bound to. */
  get tag(): Buffer {
    return this.#previous;
  }

  /** Where the next frame goes within the chain, and what it authenticates beside its length and {@link tag}. */
  get next(): ChainPlace {
    const { bytes, salt, number } = this.#head;
    return { head: bytes, salt, segment: number, index: this.#index, tag: this.#previous };
  }

  /** Frames up to one with this number were sealed elsewhere. */
  passed({ index, tag }: Pick<ChainPlace, 'index' | 'tag'>): void {
    this.#index = index;
    this.#previous = tag;
  }

  seal(frame: Buffer): Buffer {
    const sealed = Buffer.allocUnsafe(frameBytes(frame.length));
    sealed.writeUInt32LE(frame.length, 0);
    sealed.writeUInt32LE(~frame.length >>> 0, 4);
    const body = sealed.subarray(lengthBytes);
    this.#keyring.sealFrame(this.#place, this.#aad(frame.length), frame, body);
    this.#passed(body.subarray(frame.length));
    return sealed;
  }

  /** @param body the frame behind its length. False, and `plain` zeroed, where it is not the next one */
  open(body: Buffer, plain: Buffer): boolean {
    if (!this.#keyring.openFrame(this.#place, this.#aad(plain.length), body, plain)) return false;
    this.#passed(body.subarray(plain.length));
    return true;
  }

  get #place(): { readonly salt: Buffer; readonly segment: number; readonly index: number } {
    return { salt: this.#head.salt, segment: this.#head.number, index: this.#index };
  }

  /** What a frame of `length` bytes authenticates beside them. */
  #aad(length: number): Buffer {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(length);
    return Buffer.concat([this.#head.bytes, size, this.#previous], headBytes + 4 + tagBytes);
  }

  #passed(tag: Buffer): void {
    this.#index += 1;
    this.#previous = Buffer.from(tag);
  }
}

/** @param bytes where a frame may begin. @returns its length; 0 where there is none */
export function frameLength(bytes: Buffer): number {
  const length = bytes.readUInt32LE(0);
  if (length > frameLimit || bytes.readUInt32LE(4) !== ~length >>> 0) return 0;
  return length;
}

export const frameHeadBytes = lengthBytes;
