/** C1: the native codec alone, on one thread and out of memory, beside OpenSSL's own ciphers. */
import { randomBytes, randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { base32Encode } from '../../common/base32.js';
import { CubeReader, type CubeRef, encodeBuffer, Keyring, rootOfBlocks } from '../../native/index.js';
import { command } from '../command.js';
import { MiB } from '../material.js';
import { inTurn, type Row, type Samples, seconds } from '../measure.js';
import { decrypt } from '../program.js';
import type { Part } from './part.js';

const cubeCount = 128;
/** About a second, as `openssl speed` is given. */
const decryptedCubes = 4_000;

interface Candidate {
  readonly name: string;
  /** MB (10⁶ bytes) a second. */
  readonly measure: () => Promise<number>;
}

export const codec: Part = async ({ rounds, say }) => {
  const vault = mkdtempSync('/dev/shm/sherin-bench-');
  try {
    const sealed = await sealCubes(vault);
    const gcm = (): Promise<number> => opensslSpeed('aes-256-gcm', '-decrypt');
    const sha = (): Promise<number> => opensslSpeed('sha256');
    const row = async (work: string, candidates: readonly Candidate[]): Promise<Row> => {
      say(work);
      const samples = await inTurn(rounds, candidates, ({ measure }) => measure());
      return { id: 'C1', work, place: '-', unit: 'MB/s', better: 'more', samples };
    };
    const verified = await row('cube read, decrypted and verified, one thread', [
      { name: 'sherin', measure: sealed.read },
      { name: 'openssl', measure: async () => 1 / (1 / (await gcm()) + 1 / (await sha())) },
    ]);
    return [
      await row('cube decrypted, AES-256-GCM, one thread', [
        { name: 'sherin', measure: decryptCubes },
        { name: 'openssl', measure: gcm },
      ]),
      await row('Merkle root over 4 KiB blocks, one thread', [
        { name: 'sherin', measure: hashCubes },
        { name: 'openssl', measure: sha },
      ]),
      verified,
      {
        ...verified,
        work: 'one cube of 1 MiB read and verified',
        unit: 'µs',
        better: 'less',
        samples: microseconds(verified),
      },
      await row('cube hashed, encrypted, signed and written', [{ name: 'sherin', measure: sealed.encode }]),
    ];
  } finally {
    rmSync(vault, { recursive: true });
  }
};

/** A minimal vault of sealed cubes, and the ways to measure it. */
async function sealCubes(
  vault: string,
): Promise<{ read: () => Promise<number>; encode: () => Promise<number> }> {
  const uuid = randomBytes(16);
  const keyring = Keyring.generate(uuid);
  mkdirSync(join(vault, 'cubes/tmp'), { recursive: true });
  const vaultFd = openSync(vault, 'r');
  const options = { keyring, vaultFd, uuid, owner: 0, pad: '4k' } as const;
  const encodeOne = async (data: Buffer): Promise<{ cube: CubeRef; temporary: string }> => {
    const encoded = await encodeBuffer(data, options);
    if (encoded.kind !== 'cube' || encoded.temporary === null) throw new Error('random content made no cube');
    return { cube: encoded.cube, temporary: join(vault, 'cubes/tmp', encoded.temporary) };
  };

  const cubes: CubeRef[] = [];
  for (let count = 0; count < cubeCount; count++) {
    const { cube, temporary } = await encodeOne(randomBytes(MiB));
    const name = base32Encode(cube.id);
    mkdirSync(join(vault, 'cubes', name.slice(0, 2)), { recursive: true });
    renameSync(temporary, join(vault, 'cubes', name.slice(0, 2), `${name}.cube`));
    cubes.push(cube);
  }
  const reader = new CubeReader({ vaultFd, cacheBytes: MiB, threads: 1, uuid, wholeCubes: false });
  reader.resume(keyring);
  const data = Buffer.allocUnsafe(MiB);
  return {
    read: async () =>
      perSecond(async () => {
        for (const cube of cubes) {
          const result = await reader.read(cube, 0, cube.length, data, 0);
          if (!result.ok) throw new Error(`a cube failed: ${result.fault}`);
        }
      }),
    encode: async () => {
      let spent = 0;
      for (let count = 0; count < cubeCount; count++) {
        randomFillSync(data);
        let temporary = '';
        spent += await seconds(async () => {
          temporary = (await encodeOne(data)).temporary;
        });
        rmSync(temporary);
      }
      return (cubeCount * MiB) / 1e6 / spent;
    },
  };
}

async function decryptCubes(): Promise<number> {
  const { bytes, seconds } = await decrypt(decryptedCubes);
  return bytes / 1e6 / seconds;
}

async function hashCubes(): Promise<number> {
  const data = randomBytes(MiB);
  return perSecond(() => {
    for (let count = 0; count < cubeCount; count++) rootOfBlocks(data);
  });
}

async function perSecond(work: () => void | Promise<void>): Promise<number> {
  return (cubeCount * MiB) / 1e6 / (await seconds(work));
}

/** `openssl speed` at 64 KiB for a second: machine-readable lines end in bytes a second. */
async function opensslSpeed(algorithm: string, ...options: string[]): Promise<number> {
  const shown = await command('openssl', [
    'speed',
    '-mr',
    '-elapsed', // clock time, as everything here
    '-seconds',
    '1',
    '-bytes',
    '65536',
    ...options,
    '-evp',
    algorithm,
  ]);
  const bytes = /^\+F:.*:([\d.]+)$/m.exec(shown)?.[1];
  if (bytes === undefined) throw new Error(`openssl speed gave no figure for ${algorithm}`);
  return Number(bytes) / 1e6;
}

function microseconds(row: Row): Samples {
  return new Map([...row.samples].map(([name, rates]) => [name, rates.map((rate) => MiB / rate)]));
}
