import { expect, it } from 'vitest';
import { vertexBytes } from '../manifest/index-node.js';
import { blockBytes, type Vertex } from './vertex.js';
import { VertexPool } from './vertex-pool.js';

const mib = 1024 * 1024;

/** Vertices that take a MiB, each with one part. */
function filled(pool: VertexPool, size: number): Vertex[] {
  return Array.from({ length: mib / size }, () => {
    const vertex = pool.take(0, size);
    vertex.part(0, size).fill(7);
    return vertex;
  });
}

function memoryOf(vertices: readonly Vertex[]): Set<ArrayBufferLike> {
  return new Set(vertices.flatMap(({ parts }) => parts.map(({ bytes }) => bytes.buffer)));
}

it('memory that small parts have had is used for large ones, and the other way round', () => {
  const pool = new VertexPool();
  // Never empty, as with programs that write all the time.
  const held = filled(pool, blockBytes);
  const small = filled(pool, blockBytes);
  const memory = memoryOf(small);
  for (const size of [vertexBytes, 4 * blockBytes, blockBytes]) {
    for (const vertex of small.splice(0)) pool.release(vertex);
    small.push(...filled(pool, size));
    expect([...memoryOf(small)].filter((each) => !memory.has(each)).length).toBe(0);
  }
  expect(pool.bytes).toBe(2 * mib);
  for (const vertex of [...held, ...small]) pool.release(vertex);
  expect(pool.bytes).toBe(0);
});

it('is zero when it is taken again, whatever its size was', () => {
  const pool = new VertexPool();
  for (const vertex of filled(pool, blockBytes)) pool.release(vertex);
  for (const vertex of filled(pool, vertexBytes)) pool.release(vertex);
  const vertex = pool.take(0, vertexBytes);
  expect(vertex.part(0, vertexBytes).equals(Buffer.alloc(vertexBytes))).toBe(true);
  pool.release(vertex);
});
