/** A vault directory with cubes only, and a keyring whose master key the test knows. */
import { createCipheriv, randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { base32Encode } from '../../common/base32.js';
import {
  CubeReader,
  type CubeRef,
  type Encoded,
  type EncodeOptions,
  encodeBuffer,
  Keyring,
  Secret,
  system,
  type Wrapped,
} from '../index.js';
import { subkey, u32 } from './cube.fixture.js';

function wrappedBy(key: Buffer, aad: Buffer, plain: Buffer): Wrapped {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { nonce, ciphertext, tag: cipher.getAuthTag() };
}

/** Keys that a master key carries over, as FORMAT.md, "Key epochs", has them. */
export function carriedBy(vmk: Buffer, uuid: Buffer, what: string, epoch: number, keys: Buffer): Wrapped {
  const aad = Buffer.concat([uuid, Buffer.from(`${what}\0`, 'latin1'), u32(epoch)]);
  return wrappedBy(subkey(vmk, uuid, 'carry'), aad, keys);
}

/** What no rekey changes, in the order in which it is carried. */
export const identityPurposes = ['cube-id', 'object-id', 'audit', 'token', 'nv', 'sign'] as const;

/** A keyring of a chosen master key, by way of a slot that the test wraps itself; its identity comes from that key whatever the epoch. */
export function keyringOf(vmk: Buffer, uuid: Buffer, epoch = 0): Keyring {
  const slotKey = randomBytes(32);
  const aad = Buffer.from('aad');
  const wrapped = wrappedBy(slotKey, aad, vmk);
  const keys = Buffer.concat(identityPurposes.map((purpose) => subkey(vmk, uuid, purpose)));
  const identity = epoch === 0 ? null : carriedBy(vmk, uuid, 'identity', epoch, keys);
  return Keyring.unwrap(uuid, Secret.take(slotKey), aad, wrapped, { epoch, identity, former: [] });
}

export class SampleVault {
  readonly path = mkdtempSync(join(tmpdir(), 'sherin-codec-'));
  readonly uuid: Buffer = randomBytes(16);
  readonly vmk: Buffer = randomBytes(32);
  readonly keyring: Keyring = keyringOf(this.vmk, this.uuid);
  readonly fd: number;

  constructor() {
    mkdirSync(join(this.path, 'cubes', 'tmp'), { recursive: true, mode: 0o700 });
    this.fd = openSync(this.path, 'r');
  }

  /** Names of cubes that nothing has taken over yet. */
  temporaries(): string[] {
    return readdirSync(join(this.path, 'cubes', 'tmp'));
  }

  options(more: Partial<EncodeOptions> = {}): EncodeOptions {
    return {
      keyring: this.keyring,
      vaultFd: this.fd,
      uuid: this.uuid,
      owner: 0,
      pad: '4k',
      ...more,
    };
  }

  cubePath(id: Buffer): string {
    const text = base32Encode(id);
    return join('cubes', text.slice(0, 2), `${text}.cube`);
  }

  /** Encodes and renames into place. */
  async store(data: Buffer, more: Partial<EncodeOptions> = {}): Promise<CubeRef> {
    const encoded = await encodeBuffer(data, this.options(more));
    await this.place(encoded);
    if (encoded.kind !== 'cube') throw new Error('not a cube');
    return encoded.cube;
  }

  async place(encoded: Encoded): Promise<void> {
    if (encoded.kind !== 'cube' || encoded.temporary === null) return;
    const from = Buffer.from(join('cubes', 'tmp', encoded.temporary));
    await system.renameAll(this.fd, [[from, Buffer.from(this.cubePath(encoded.cube.id))]]);
  }

  read(id: Buffer): Buffer {
    return readFileSync(join(this.path, this.cubePath(id)));
  }

  write(id: Buffer, file: Buffer): void {
    const path = join(this.path, this.cubePath(id));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file);
  }

  reader(more: { cacheBytes?: number; threads?: number; wholeCubes?: boolean } = {}): CubeReader {
    const reader = new CubeReader({
      vaultFd: this.fd,
      cacheBytes: 16 << 20,
      threads: 2,
      uuid: this.uuid,
      wholeCubes: false,
      ...more,
    });
    reader.resume(this.keyring);
    return reader;
  }

  destroy(): void {
    this.keyring.wipe();
    closeSync(this.fd);
    rmSync(this.path, { recursive: true });
  }
}
