/** Cube files: encryption and verified decryption (FORMAT.md, "Cube file"). */
import { gcm } from '@noble/ciphers/aes.js';
import { Cursor, equalBytes, isZero, join, u16, u32 } from './bytes.js';
import {
  type CubeHeader,
  headerSize,
  type Pad,
  padModes,
  parseCubeHeader,
  shapeOf,
  vertexSize,
} from './cube-header.js';
import { cubeKey, type Master, mac, sign, subkey, verify } from './keys.js';
import { cut, rootOf, rootOfBlocks } from './merkle.js';
import { must, Refused } from './refused.js';

/** What the object tree says of a cube. */
export interface CubeRef {
  readonly id: Uint8Array;
  readonly root: Uint8Array;
  /** Plaintext bytes. */
  readonly length: number;
}

export function cubeId(master: Master, owner: number, root: Uint8Array, length: number): Uint8Array {
  return mac(subkey(master, 'cube-id'), join(u32(owner), root, u32(length)));
}

/** 96-bit big-endian. */
function nonce(index: number): Uint8Array {
  return join(new Uint8Array(8), u32(index).reverse());
}

const sealedIndex = 2 ** 32 - 1;

export interface EncodeOptions {
  readonly owner: number;
  readonly epoch: number;
  readonly pad: Pad;
  /** 32 bytes; a real writer draws them anew for every encryption. */
  readonly salt: Uint8Array;
  /** Changes what gets encrypted: cubes that only the owner of the keys could forge. */
  readonly forge?: (padded: Uint8Array, inner: Uint8Array) => void;
}

/** The cube of 1…1048576 bytes of content; the same options give the same file. */
export function encodeCube(
  master: Master,
  content: Uint8Array,
  options: EncodeOptions,
): { readonly ref: CubeRef; readonly file: Uint8Array } {
  const root = rootOfBlocks(content);
  const ref = { id: cubeId(master, options.owner, root, content.length), root, length: content.length };
  const key = cubeKey(master, options.salt, ref.id, options.epoch);
  const { count, last } = shapeOf(content.length, options.pad);
  const flags = padModes.indexOf(options.pad) | (options.epoch << 16);
  const start = join(
    'SHERIN::',
    u16(1),
    u16(1),
    u32(flags >>> 0),
    ref.id,
    options.salt,
    u32(count),
    u32(last),
  );
  const padded = new Uint8Array((count - 1) * vertexSize + last);
  padded.set(content);
  const hashes = join(...cut(content, vertexSize).map(rootOfBlocks));
  const inner = join(hashes, new Uint8Array(512 - hashes.length), u32(content.length), new Uint8Array(44));
  options.forge?.(padded, inner);
  const vertices = cut(padded, vertexSize).map((vertex, i) => gcm(key, nonce(i), start).encrypt(vertex));
  const ciphertext = join(...vertices.map((vertex) => vertex.subarray(0, -16)));
  const tags = join(...vertices.map((vertex) => vertex.subarray(-16)));
  const authenticated = join(start, rootOfBlocks(ciphertext), tags, new Uint8Array(256 - tags.length));
  const signedPart = join(authenticated, gcm(key, nonce(sealedIndex), authenticated).encrypt(inner));
  const signature = sign(master, 'cube', signedPart);
  return { ref, file: join(signedPart, signature, new Uint8Array(3080), ciphertext) };
}

/** Shape, ciphertext root and signature: what can be checked without keys. @throws Refused malformed, root, signature */
export function scrubCube(
  file: Uint8Array,
  id: Uint8Array,
  uuid: Uint8Array,
  publicKey: Uint8Array,
): CubeHeader {
  const header = parseCubeHeader(file.slice(0, headerSize), id, file.length);
  if (!equalBytes(rootOfBlocks(file.subarray(headerSize)), header.ciphertextRoot)) {
    throw new Refused('root', 'ciphertext root');
  }
  verify(publicKey, uuid, 'cube', file.slice(0, 952), header.signature);
  return header;
}

interface Sealed {
  readonly hashes: readonly Uint8Array[];
  readonly length: number;
}

function openSealed(file: Uint8Array, header: CubeHeader, key: Uint8Array): Sealed {
  let inner: Uint8Array;
  try {
    inner = gcm(key, nonce(sealedIndex), file.slice(0, 376)).decrypt(header.sealed);
  } catch {
    throw new Refused('sealed', 'the sealed part does not open');
  }
  const cursor = new Cursor(inner);
  const hashes = Array.from({ length: 16 }, () => cursor.take(32));
  const length = cursor.u32();
  if (length < 1 || length > 2 ** 20) throw new Refused('sealed', 'plaintext length');
  if (!isZero(cursor.take(44))) throw new Refused('sealed', 'reserved bytes of the sealed part');
  const shape = shapeOf(length, header.pad);
  must(shape.count === header.count && shape.last === header.last, 'the plaintext length does not fit');
  const used = Math.ceil(length / vertexSize);
  if (!hashes.slice(used).every(isZero)) throw new Refused('sealed', 'an unused vertex hash is not zero');
  return { hashes: hashes.slice(0, used), length };
}

function openVertex(file: Uint8Array, header: CubeHeader, key: Uint8Array, index: number): Uint8Array {
  const at = headerSize + index * vertexSize;
  const ciphertext = file.subarray(at, Math.min(at + vertexSize, file.length));
  try {
    return gcm(key, nonce(index), file.slice(0, 88)).decrypt(join(ciphertext, header.tags[index] ?? ''));
  } catch {
    throw new Refused('tag', `vertex ${index}`);
  }
}

/** The content of a cube file, in the order of FORMAT.md's "Reading". @throws Refused */
export function decodeCube(master: Master, ref: CubeRef, file: Uint8Array): Uint8Array {
  const header = parseCubeHeader(file.slice(0, headerSize), ref.id, file.length);
  const key = cubeKey(master, header.salt, header.id, header.epoch);
  const sealed = openSealed(file, header, key);
  if (sealed.length !== ref.length) throw new Refused('root', 'the object tree has another length');
  if (!equalBytes(rootOf(sealed.hashes), ref.root)) throw new Refused('root', 'cube root');
  const content = new Uint8Array(sealed.length);
  for (let i = 0; i < header.count; i++) {
    const vertex = openVertex(file, header, key, i);
    const here = vertex.subarray(0, Math.max(0, Math.min(vertexSize, sealed.length - i * vertexSize)));
    const hash = sealed.hashes[i];
    if (hash !== undefined && !equalBytes(rootOfBlocks(here), hash)) throw new Refused('leaf', `vertex ${i}`);
    if (!isZero(vertex.subarray(here.length))) throw new Refused('padding', `vertex ${i}`);
    content.set(here, Math.min(i * vertexSize, sealed.length));
  }
  return content;
}
