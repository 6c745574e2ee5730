/**
 * A second implementation of FORMAT.md, "Cube file", over node:crypto: reads what the addon writes and builds cubes that
 * the addon must refuse.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { nodeHash, rootOfBlocks } from '../../common/merkle.js';

export const vertexSize = 65536;
const headerSize = 4096;
const signaturePrefix = Buffer.from('sherin/v1/cube\0');

export function hkdf(key: Buffer, salt: Buffer, info: Buffer | string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, 32));
}

export function subkey(vmk: Buffer, uuid: Buffer, purpose: string): Buffer {
  return hkdf(vmk, uuid, `sherin/v1/${purpose}`);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function nonce(index: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(index, 8);
  return bytes;
}

export function cubeKey(vmk: Buffer, uuid: Buffer, salt: Buffer, id: Buffer, epoch: number): Buffer {
  return hkdf(subkey(vmk, uuid, 'cube'), salt, Buffer.concat([Buffer.from('vertex'), id, u32(epoch)]));
}

export function cubeId(vmk: Buffer, uuid: Buffer, owner: number, root: Buffer, length: number): Buffer {
  const key = subkey(vmk, uuid, 'cube-id');
  return createHmac('sha256', key).update(u32(owner)).update(root).update(u32(length)).digest();
}

function chunks(data: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) parts.push(data.subarray(at, at + size));
  return parts;
}

/** Root of a cube from its vertex hashes: 16 is a power of two. */
export function rootOfVertices(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  let left = 1;
  while (left * 2 < hashes.length) left *= 2;
  return nodeHash(rootOfVertices(hashes.slice(0, left)), rootOfVertices(hashes.slice(left)));
}

function open(key: Buffer, index: number, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer {
  const cipher = createDecipheriv('aes-256-gcm', key, nonce(index)).setAAD(aad).setAuthTag(tag);
  return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
}

function seal(key: Buffer, index: number, aad: Buffer, plain: Buffer): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(index)).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { ciphertext, tag: cipher.getAuthTag() };
}

export interface DecodedCube {
  readonly id: Buffer;
  readonly salt: Buffer;
  readonly root: Buffer;
  readonly data: Buffer;
  readonly flags: number;
  readonly count: number;
  readonly last: number;
  readonly ciphertextRootMatches: boolean;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Decodes a cube file; GCM throws when a tag does not match. */
export function decodeCube(file: Buffer, vmk: Buffer, uuid: Buffer): DecodedCube {
  const [count, last, flags] = [file.readUInt32LE(80), file.readUInt32LE(84), file.readUInt32LE(12)];
  const [id, salt] = [file.subarray(16, 48), file.subarray(48, 80)];
  const key = cubeKey(vmk, uuid, salt, id, flags >>> 16);
  const sealed = open(
    key,
    0xffffffff,
    file.subarray(0, 376),
    file.subarray(376, 936),
    file.subarray(936, 952),
  );
  const length = sealed.readUInt32LE(512);
  const body = file.subarray(headerSize);
  const vertices = chunks(body, vertexSize).map((ciphertext, i) =>
    open(key, i, file.subarray(0, 88), ciphertext, file.subarray(120 + 16 * i, 136 + 16 * i)),
  );
  const padded = Buffer.concat(vertices);
  const hashes = chunks(sealed.subarray(0, 512), 32).slice(0, Math.ceil(length / vertexSize));
  if (!padded.subarray(length).every((byte) => byte === 0)) throw new Error('padding is not zero');
  return {
    id,
    salt,
    root: rootOfVertices(hashes),
    data: padded.subarray(0, length),
    flags,
    count,
    last,
    ciphertextRootMatches: rootOfBlocks(body).equals(file.subarray(88, 120)),
    signed: Buffer.concat([signaturePrefix, uuid, file.subarray(0, 952)]),
    signature: file.subarray(952, 1016),
  };
}

/** What {@link buildCube} does wrong on purpose. */
export interface Wrong {
  readonly vertexHashes?: (hashes: Buffer[]) => void;
  readonly padded?: (padded: Buffer) => void;
  readonly sealed?: (sealed: Buffer) => void;
  readonly length?: number;
  readonly root?: Buffer;
  readonly flags?: number;
  readonly ciphertextRoot?: Buffer;
  /** Signs the cube; without it the signature stays zero. */
  readonly sign?: (message: Buffer) => Buffer;
}

/** A cube in pad mode 0 with authentic tags whatever its content says. */
export function buildCube(data: Buffer, vmk: Buffer, uuid: Buffer, wrong: Wrong = {}) {
  const padded = Buffer.concat([data, Buffer.alloc((4096 - (data.length % 4096)) % 4096)]);
  wrong.padded?.(padded);
  const plain = chunks(padded, vertexSize);
  const hashes = chunks(data, vertexSize).map((vertex) => rootOfBlocks(vertex));
  const root = wrong.root ?? rootOfVertices(hashes);
  const id = cubeId(vmk, uuid, 0, root, data.length);
  wrong.vertexHashes?.(hashes);
  const header = Buffer.alloc(headerSize);
  header.write('SHERIN::', 0, 'ascii');
  header.writeUInt16LE(1, 8);
  header.writeUInt16LE(1, 10);
  header.writeUInt32LE(wrong.flags ?? 0, 12);
  id.copy(header, 16);
  randomBytes(32).copy(header, 48);
  header.writeUInt32LE(plain.length, 80);
  header.writeUInt32LE(plain.at(-1)?.length ?? 0, 84);
  const key = cubeKey(vmk, uuid, header.subarray(48, 80), id, (wrong.flags ?? 0) >>> 16);
  const body = plain.map((vertex, i) => {
    const { ciphertext, tag } = seal(key, i, header.subarray(0, 88), vertex);
    tag.copy(header, 120 + 16 * i);
    return ciphertext;
  });
  (wrong.ciphertextRoot ?? rootOfBlocks(Buffer.concat(body))).copy(header, 88);
  const sealed = Buffer.alloc(560);
  Buffer.concat(hashes).copy(sealed);
  sealed.writeUInt32LE(wrong.length ?? data.length, 512);
  wrong.sealed?.(sealed);
  const { ciphertext, tag } = seal(key, 0xffffffff, header.subarray(0, 376), sealed);
  ciphertext.copy(header, 376);
  tag.copy(header, 936);
  wrong.sign?.(Buffer.concat([signaturePrefix, uuid, header.subarray(0, 952)])).copy(header, 952);
  return { cube: { id, root, length: data.length }, file: Buffer.concat([header, ...body]) };
}
