/** Checks a stored cube without a key of encryption: shape, ciphertext root, signature (FORMAT.md, "Cube file"). */
import { ByteReader } from '../../common/bytes.js';
import { rootOfBlocks } from '../../common/merkle.js';
import { signedMessage, type Verify } from '../../common/signature.js';

/** As quarantine records name them. */
export type StoredFault = 'malformed' | 'root' | 'signature';

export const headerBytes = 4096;
const [signedBytes, vertexBytes] = [952, 65_536];
/** Bytes of the largest cube file. */
export const largestCubeFile = headerBytes + 16 * vertexBytes;

/** @param id what its name says. Null: all of it is as the vault's key signed it */
export function storedCubeFault(file: Buffer, id: Buffer, uuid: Buffer, verify: Verify): StoredFault | null {
  if (file.length <= headerBytes || file.length > largestCubeFile) return 'malformed';
  const header = file.subarray(0, headerBytes);
  const root = ciphertextRoot(header, file.length, id);
  if (root === null) return 'malformed';
  if (!rootOfBlocks(file.subarray(headerBytes)).equals(root)) return 'root';
  return headerIsSigned(header, uuid, verify) ? null : 'signature';
}

/** The header of a file of `size` bytes names this root of its ciphertext; null where it is malformed. */
export function ciphertextRoot(header: Buffer, size: number, id: Buffer): Buffer | null {
  if (header.length !== headerBytes) return null;
  const input = new ByteReader(header);
  if (input.bytes(8).toString('latin1') !== 'SHERIN::') return null;
  if (input.u16() !== 1 || input.u16() !== 1) return null;
  const flags = input.u32();
  const pad = flags & 3;
  if ((flags & 0xfffc) !== 0 || pad === 3) return null;
  if (!id.equals(input.bytes(32))) return null;
  input.bytes(32);
  const [count, last] = [input.u32(), input.u32()];
  if (count < 1 || count > 16 || last < 4096 || last > vertexBytes || last % 4096 !== 0) return null;
  if ((pad > 0 && last !== vertexBytes) || (pad === 2 && count !== 16)) return null;
  if (size !== headerBytes + (count - 1) * vertexBytes + last) return null;
  const root = input.copy(32);
  const tags = input.bytes(256);
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
  if (!isZero(tags.subarray(count * 16)) || !isZero(header.subarray(signedBytes + 64))) return null;
  return root;
}

/** The vault's key signed it, the root of the ciphertext included. */
export function headerIsSigned(header: Buffer, uuid: Buffer, verify: Verify): boolean {
  const message = signedMessage('cube', uuid, header.subarray(0, signedBytes));
  return verify(message, header.subarray(signedBytes, signedBytes + 64));
}
