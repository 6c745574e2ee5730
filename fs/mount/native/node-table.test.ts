import { describe, expect, it } from 'vitest';
import { cubeText, knownCube, MemorySource, twinCube } from '../../../test/mount/memory-source.js';
import { FileSystem } from '../file-system.js';
import { NodeTable } from './node-table.js';

const caller = { uid: 0, gid: 0, pid: 1 };
const cubes = (id: string) => [Buffer.from('cubes'), Buffer.from(id)];

describe('node numbers', () => {
  it('stand for one node at a time', async () => {
    const options = {
      listIds: true,
      shared: false,
      callersUnknown: false,
      attributeTimeout: 0,
      quiesce: async () => undefined,
    };
    const fs = new FileSystem(new MemorySource(), options);
    const nodes = new NodeTable(fs);
    const [one, other] = [
      await fs.resolve(cubes(knownCube), caller),
      await fs.resolve(cubes(twinCube), caller),
    ];
    expect(one.ino).toBe(other.ino);
    const number = nodes.known(one);
    // Looked up once more it is another object, and the same node.
    expect(nodes.known(await fs.resolve(cubes(knownCube), caller))).toBe(number);
    expect(nodes.isTaken(other)).toBe(true);
    expect(() => nodes.known(other)).toThrow('inode number');
    expect(await nodes.at(number).stat()).toMatchObject({ size: cubeText.length });
    nodes.forget(number);
    expect(nodes.known(other)).toBe(number);
  });
});
