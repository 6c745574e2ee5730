/** Checks a stored cube without a key of encryption: shape, ciphertext root, signature (FORMAT.md, "Cube file"). */
import { ByteReader } from '../../common/bytes.js';
import { rootOfBlocks } from '../../common/merkle.js';
import { signedMessage, type Verify } from '../../common/signature.js';

/** As quarantine records name them. */
export type StoredFault = 'malformed' | 'root' | 'signature';

const [headerBytes, signedBytes, vertexBytes] = [4096, 952, 65_536];
/** Bytes of the largest cube file. */
export const largestCubeFile = headerBytes + 16 * vertexBytes;

/** @param id what its name says. Null: all of it is as the vault's key signed it */
export function storedCubeFault(file: Buffer, id: Buffer, uuid: Buffer, verify: Verify): StoredFault | null {
  if (file.length <= headerBytes || file.length > largestCubeFile) return 'malformed';
  const input = new ByteReader(file.subarray(0, headerBytes));
  if (Buffer.from(input.bytes(8)).toString('latin1') !== 'SHERIN::') return 'malformed';
  if (input.u16() !== 1 || input.u16() !== 1) return 'malformed';
  const flags = input.u32();
  const pad = flags & 3;
  if ((flags & 0xfffc) !== 0 || pad === 3) return 'malformed';
  if (!id.equals(input.bytes(32))) return 'malformed';
  input.bytes(32);
  const [count, last] = [input.u32(), input.u32()];
  if (count < 1 || count > 16 || last < 4096 || last > vertexBytes || last % 4096 !== 0) return 'malformed';
  if ((pad > 0 && last !== vertexBytes) || (pad === 2 && count !== 16)) return 'malformed';
  if (file.length !== headerBytes + (count - 1) * vertexBytes + last) return 'malformed';
  const root = Buffer.from(input.bytes(32));
  const tags = input.bytes(256);
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
  if (!isZero(tags.subarray(count * 16)) || !isZero(file.subarray(signedBytes + 64, headerBytes)))
    return 'malformed';
  if (!rootOfBlocks(file.subarray(headerBytes)).equals(root)) return 'root';
  const message = signedMessage('cube', uuid, file.subarray(0, signedBytes));
  return verify(message, file.subarray(signedBytes, signedBytes + 64)) ? null : 'signature';
}
