import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { rootOfBlocks } from '../../common/merkle.js';
import { type CubeRef, encodeSlot, type SlotVertex } from '../index.js';
import { decodeCube } from './cube.fixture.js';
import { SampleVault } from './vault.fixture.js';

const vertexBytes = 65536;
const blockBytes = 4096;

const vault = new SampleVault();
const reader = vault.reader({ cacheBytes: 0 });
afterAll(async () => {
  await reader.stop();
  vault.destroy();
});

const options = vault.options({ owner: 3 });

function kept(cube: CubeRef, from: number): SlotVertex {
  return { kind: 'kept', cube, from };
}

/** One block written to a vertex, over `under`. */
function written(under: { cube: CubeRef; from: number } | null, block: number, bytes: Buffer): SlotVertex {
  return { kind: 'written', under, parts: [{ bytes, first: block }], present: 1 << block };
}

/** A vertex in parts, which end at these blocks. */
function cut(bytes: Buffer, at: readonly number[]): { bytes: Buffer; first: number }[] {
  const bounds = [0, ...at, 16].sort((a, b) => a - b);
  return bounds.slice(1).map((end, i) => {
    const first = bounds[i] ?? 0;
    return { bytes: bytes.subarray(first * blockBytes, end * blockBytes), first };
  });
}

async function encoded(vertices: readonly SlotVertex[], length: number) {
  const result = await encodeSlot(reader, vertices, length, options);
  if (!result.ok) throw new Error(`a cube could not be read: ${result.fault}`);
  return result;
}

/** Content of the cube that was made; nothing for a hole. */
function madeOf({ encoded: made }: Awaited<ReturnType<typeof encoded>>): Buffer {
  if (made.kind !== 'cube') return Buffer.alloc(0);
  if (made.temporary === null) return decodeCube(vault.read(made.cube.id), vault.vmk, vault.uuid).data;
  return decodeCube(readFileSync(join(vault.path, 'cubes/tmp', made.temporary)), vault.vmk, vault.uuid).data;
}

describe('encodeSlot', () => {
  it('encrypts what was written alone, as one cube, and gives the root of the whole slot', async () => {
    const data = randomBytes(4 * vertexBytes);
    const cube = await vault.store(data);
    const first = randomBytes(blockBytes);
    const second = randomBytes(blockBytes);
    const before = reader.stats().decryptedBytes;
    const result = await encoded(
      [
        kept(cube, 0),
        written({ cube, from: 1 }, 3, first),
        kept(cube, 2),
        written({ cube, from: 3 }, 0, second),
      ],
      data.length,
    );
    first.copy(data, vertexBytes + 3 * blockBytes);
    second.copy(data, 3 * vertexBytes);
    expect(result.inCube).toBe(0b1010);
    expect(madeOf(result)).toEqual(
      Buffer.concat([data.subarray(vertexBytes, 2 * vertexBytes), data.subarray(3 * vertexBytes)]),
    );
    expect(result.root).toEqual(rootOfBlocks(data));
    // What is kept is not even read.
    expect(reader.stats().decryptedBytes - before).toBe(2 * vertexBytes);
  });

  it('leaves out of the cube what was written and is zero', async () => {
    const cube = await vault.store(randomBytes(vertexBytes));
    const all = Buffer.alloc(vertexBytes);
    const parts = [{ bytes: all, first: 0 }];
    const zeros: SlotVertex = { kind: 'written', under: null, parts, present: 0xffff };
    const result = await encoded([zeros, { kind: 'hole' }, zeros], 2 * vertexBytes + 100);
    expect(result).toMatchObject({ encoded: { kind: 'hole' }, inCube: 0 });
    expect(result.root).toEqual(rootOfBlocks(Buffer.alloc(2 * vertexBytes + 100)));
    const beside = await encoded(
      [zeros, written({ cube, from: 0 }, 15, randomBytes(blockBytes))],
      2 * vertexBytes,
    );
    expect(beside.inCube).toBe(0b10);
  });

  it('fills with zeros what a shorter cube has under a vertex that grew', async () => {
    const data = randomBytes(5000);
    const cube = await vault.store(data);
    const block = randomBytes(blockBytes);
    const result = await encoded([written({ cube, from: 0 }, 4, block), { kind: 'hole' }], vertexBytes + 1);
    const expected = Buffer.alloc(vertexBytes + 1);
    data.copy(expected);
    block.copy(expected, 4 * blockBytes);
    expect(madeOf(result)).toEqual(expected.subarray(0, vertexBytes));
    expect(result.root).toEqual(rootOfBlocks(expected));
  });

  it('tells the fault of a cube under the written or the kept, and makes nothing', async () => {
    const good = await vault.store(randomBytes(2 * vertexBytes));
    const bad = await vault.store(randomBytes(2 * vertexBytes));
    const file = vault.read(bad.id);
    file[4096 + 5] = (file[4096 + 5] ?? 0) ^ 1;
    vault.write(bad.id, file);
    const gone = await vault.store(randomBytes(2 * vertexBytes));
    rmSync(join(vault.path, vault.cubePath(gone.id)));
    const count = () => readdirSync(join(vault.path, 'cubes/tmp')).length;
    const before = count();
    const write = (cube: CubeRef) => written({ cube, from: 0 }, 1, randomBytes(blockBytes));
    expect(await encodeSlot(reader, [write(bad), kept(good, 1)], 2 * vertexBytes, options)).toMatchObject({
      ok: false,
      fault: 'tag',
      vertex: 0,
    });
    expect(await encodeSlot(reader, [write(good), kept(gone, 1)], 2 * vertexBytes, options)).toMatchObject({
      ok: false,
      fault: 'missing',
    });
    const other = { ...good, root: randomBytes(32) };
    expect(await encodeSlot(reader, [write(good), kept(other, 1)], 2 * vertexBytes, options)).toMatchObject({
      ok: false,
      fault: 'root',
    });
    expect(count()).toBe(before);
  });

  it('refuses what does not fit the slot', async () => {
    const cube = await vault.store(randomBytes(100));
    const block = randomBytes(blockBytes);
    const part = (bytes: Buffer, first: number, present: number): SlotVertex => {
      return { kind: 'written', under: null, parts: [{ bytes, first }], present };
    };
    const attempts: readonly (readonly [SlotVertex[], number])[] = [
      [[kept(cube, 0)], vertexBytes + 1],
      [[], 1],
      [[kept(cube, 0)], 0],
      [[kept(cube, 0)], 2 ** 20 + 1],
      [[kept(cube, 1)], 100],
      [[kept(cube, -1)], 100],
      [[part(block, 0, 2)], 100],
      [[part(block, 1, 1)], 100],
      [[part(block, 16, 1)], 100],
      [[part(block, 0, 2 ** 16)], 100],
      [[part(block.subarray(1), 0, 1)], 100],
      [[part(Buffer.alloc(vertexBytes), 1, 2)], 100],
      [[{ kind: 'written', under: null, present: 1 } as unknown as SlotVertex], 100],
      [[{ kind: 'else' } as unknown as SlotVertex], 100],
      [[null as unknown as SlotVertex], 100],
    ];
    for (const [vertices, length] of attempts) {
      expect(
        () => encodeSlot(reader, vertices, length, options),
        JSON.stringify([vertices, length]),
      ).toThrow();
    }
  });

  it('makes of any writes what writing to the bytes makes', async () => {
    const writes = fc.array(
      fc.record({
        vertex: fc.nat(15),
        blocks: fc.integer({ min: 1, max: 0xffff }),
        under: fc.boolean(),
        cuts: fc.uniqueArray(fc.integer({ min: 1, max: 15 })),
      }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 20 }), writes, async (length, some) => {
        const data = randomBytes(length);
        const cube = await vault.store(data);
        const count = Math.ceil(length / vertexBytes);
        const vertices = Array.from({ length: count }, (_, from): SlotVertex => kept(cube, from));
        for (const { vertex, blocks, under, cuts } of some) {
          if (vertex >= count) continue;
          const bytes = randomBytes(vertexBytes);
          const start = vertex * vertexBytes;
          const whole = Buffer.from(data.subarray(start, start + vertexBytes));
          if (!under) whole.fill(0);
          for (let block = 0; block < 16; block++)
            if ((blocks & (1 << block)) !== 0)
              bytes.copy(whole, block * blockBytes, block * blockBytes, (block + 1) * blockBytes);
          whole.copy(data, start);
          // Of the one that was stored last: what an earlier one wrote to the same vertex is gone with it.
          const below = under && vertices[vertex]?.kind === 'kept' ? { cube, from: vertex } : null;
          if (under && below === null) return;
          const parts = cut(bytes, cuts);
          vertices[vertex] = { kind: 'written', under: below, parts, present: blocks };
        }
        const result = await encoded(vertices, length);
        expect(result.root).toEqual(rootOfBlocks(data));
        const written = vertices.flatMap(({ kind }, i) =>
          kind === 'written' ? [data.subarray(i * vertexBytes, (i + 1) * vertexBytes)] : [],
        );
        // What was written behind the end alone leaves zeros, which no cube has.
        const expected = written.filter((bytes) => bytes.some((byte) => byte !== 0));
        expect(madeOf(result).equals(Buffer.concat(expected))).toBe(true);
        await vault.place(result.encoded);
      }),
      { numRuns: 25 },
    );
  });
});
