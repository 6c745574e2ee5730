/** Cubes of the reference: every pad mode, the lengths around each edge, and a flip anywhere. */
import { describe, expect, it } from 'vitest';
import { equalBytes } from './bytes.js';
import { decodeCube, encodeCube, scrubCube } from './cube.js';
import { padModes } from './cube-header.js';
import { publicKey } from './keys.js';
import { content, edgeLengths, sampleMaster } from './samples.js';

const master = sampleMaster();
const salt = new Uint8Array(32).fill(7);

describe('cube', () => {
  it.each(padModes.flatMap((pad) => edgeLengths.map((length) => ({ pad, length }))))(
    'pad $pad, $length bytes',
    ({ pad, length }) => {
      const plain = content(length, 1);
      const { ref, file } = encodeCube(master, plain, { owner: 0, epoch: 3, pad, salt });
      scrubCube(file, ref.id, master.uuid, publicKey(master));
      expect(equalBytes(decodeCube(master, ref, file), plain)).toBe(true);
    },
  );

  it('refuses a flip of any authenticated byte, and one of the signature only when scrubbed', () => {
    const { ref, file } = encodeCube(master, content(5000, 2), { owner: 0, epoch: 0, pad: '4k', salt });
    for (const at of [0, 8, 10, 12, 14, 16, 48, 80, 84, 88, 120, 136, 376, 936, 1016, 4095, 4096, 9999]) {
      const flipped = Uint8Array.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(() => decodeCube(master, ref, flipped), `byte ${at}`).toThrow();
    }
    const unsigned = Uint8Array.from(file);
    unsigned[952] = (unsigned[952] ?? 0) ^ 1;
    expect(decodeCube(master, ref, unsigned)).toEqual(content(5000, 2));
    expect(() => scrubCube(unsigned, ref.id, master.uuid, publicKey(master))).toThrow('signature');
  });
});
