/** What a segment holds, opened with the keys. */
import { MalformedBytes } from '../../common/bytes.js';
import type { Keyring } from '../../native/index.js';
import { decodeHead, headIsSigned, type TreeHead } from '../manifest/head.js';
import {
  entryHeadBytes,
  entryLimit,
  entryTypes,
  frameLimit,
  lengthBytes,
  openFrame,
  signatureBytes,
  tagBytes,
} from './frame.js';
import { type CopySigner, readBytes, type ScannedSegment } from './scan.js';
import { headBytes } from './segment-head.js';

export type CopyEntry =
  | { readonly type: 'record' | 'node'; readonly bytes: Buffer }
  | { readonly type: 'head'; readonly head: TreeHead };

/** The tree head that ends the last whole group. @throws MalformedBytes */
export async function lastHead(
  fd: number,
  { head, last }: ScannedSegment,
  keyring: Keyring,
  signer: CopySigner,
): Promise<TreeHead> {
  if (last === null) throw new MalformedBytes('no group of it is whole');
  const sealed = await readAll(fd, last.at + lengthBytes, last.length + tagBytes);
  const plain = openFrame(keyring, head, last.index, sealed);
  if (plain === null) throw new MalformedBytes('its last frame does not authenticate');
  const [entry, more] = [...new EntryReader(signer).take(plain)];
  if (entry?.type !== 'head' || more !== undefined) throw new MalformedBytes('a group ends without a head');
  return entry.head;
}

/** Entries of the whole groups of a segment, in order. @throws MalformedBytes, SherinError DISK_READ */
export async function* entriesOf(
  fd: number,
  { head, whole }: ScannedSegment,
  keyring: Keyring,
  signer: CopySigner,
): AsyncGenerator<CopyEntry> {
  const reader = new EntryReader(signer);
  for (let at = headBytes, index = 0; at < whole; ) {
    // It was looked at before; whoever may write to it may have changed it since.
    const length = (await readAll(fd, at, lengthBytes)).readUInt32LE();
    if (length > frameLimit) throw new MalformedBytes(`a frame of ${length} bytes`);
    at += lengthBytes;
    if (length === 0) {
      if (reader.inside) throw new MalformedBytes('an entry goes on behind its group');
      at += signatureBytes;
      continue;
    }
    const plain = openFrame(keyring, head, index, await readAll(fd, at, length + tagBytes));
    if (plain === null) throw new MalformedBytes(`frame ${index} does not authenticate`);
    yield* reader.take(plain);
    at += length + tagBytes;
    index += 1;
  }
}

/** @throws MalformedBytes where the file ends before, SherinError DISK_READ */
async function readAll(fd: number, at: number, length: number): Promise<Buffer> {
  const bytes = await readBytes(fd, at, length);
  if (bytes.length < length) throw new MalformedBytes('it ends within a group');
  return bytes;
}

/** Entries out of frames, over whose borders they go. */
class EntryReader {
  readonly #signer: CopySigner;
  #rest: Buffer = Buffer.alloc(0);

  constructor(signer: CopySigner) {
    this.#signer = signer;
  }

  /** An entry has begun and not ended. */
  get inside(): boolean {
    return this.#rest.length > 0;
  }

  *take(plain: Buffer): Iterable<CopyEntry> {
    const bytes = this.#rest.length === 0 ? plain : Buffer.concat([this.#rest, plain]);
    let at = 0;
    while (bytes.length - at >= entryHeadBytes) {
      const length = bytes.readUInt32LE(at + 1);
      if (length > entryLimit) throw new MalformedBytes(`an entry of ${length} bytes`);
      const end = at + entryHeadBytes + length;
      if (end > bytes.length) break;
      yield this.#entry(bytes.readUInt8(at), bytes.subarray(at + entryHeadBytes, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  #entry(type: number, bytes: Buffer): CopyEntry {
    if (type === entryTypes.record) return { type: 'record', bytes };
    if (type === entryTypes.node) return { type: 'node', bytes };
    if (type !== entryTypes.head) throw new MalformedBytes(`an entry of type ${type}`);
    const layout = bytes.subarray(0, Math.max(0, bytes.length - signatureBytes));
    const signature = bytes.subarray(layout.length);
    const head = decodeHead(layout, signature);
    if (!headIsSigned(this.#signer.uuid, this.#signer.publicKey, layout, signature))
      throw new MalformedBytes('the signature of a tree head');
    return { type: 'head', head };
  }
}
