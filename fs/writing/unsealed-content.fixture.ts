/** Cubes and index nodes below content that is written to. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cubeIdFromBytes } from '../../common/ids.js';
import { SampleVault } from '../../native/codec/vault.fixture.js';
import { ObjectContent } from '../cube/content.js';
import { FaultHandler } from '../cube/faults.js';
import { CubeStore, type StagedCube } from '../cube/store.js';
import { nodeId, type Slot } from '../manifest/object-tree.js';
import type { FrozenContent } from './frozen-content.js';
import { sealContent } from './seal-content.js';
import { type SealTarget, sealSlot } from './seal-slot.js';
import { SlotBuffers } from './slot-buffers.js';
import type { Stored } from './stored.js';

export class ContentBench {
  readonly #vault = new SampleVault();
  readonly #reader = this.#vault.reader();
  readonly #store = new CubeStore(this.#vault.fd);
  readonly #buffers = new SlotBuffers();
  readonly #nodes = new Map<string, Buffer>();
  readonly #faults: FaultHandler;
  /** Contents that were opened, and index nodes that were looked at. */
  opened = 0;
  loaded = 0;

  constructor() {
    mkdirSync(join(this.#vault.path, 'quarantine'));
    const sink = { quarantined: async () => undefined, unreadable: async () => undefined };
    this.#faults = new FaultHandler(this.#reader, this.#store, sink);
  }

  readonly load = (id: Buffer): Buffer => {
    this.loaded += 1;
    const node = this.#nodes.get(id.toString('hex'));
    if (node === undefined) throw new Error('no such node');
    return node;
  };

  readonly open = (stored: Stored): ObjectContent => {
    this.opened += 1;
    const source = { reader: this.#reader, faults: this.#faults, node: this.load };
    return new ObjectContent({ ...source, refused: { some: false, has: () => false } }, stored);
  };

  keep(nodes: readonly Buffer[]): void {
    for (const node of nodes) this.#nodes.set(nodeId(node).toString('hex'), node);
  }

  async seal(state: FrozenContent): Promise<Stored> {
    const staged = new Map<string, StagedCube>();
    const { node, nodes } = await sealContent(state, this.#target(staged), this.#buffers);
    this.keep(nodes);
    await this.#store.commit([...staged.values()]);
    return { length: state.length, node };
  }

  async sealSlots(state: FrozenContent, indexes: readonly number[]): Promise<Map<number, Slot>> {
    const staged = new Map<string, StagedCube>();
    const slots = new Map<number, Slot>();
    for (const index of indexes)
      slots.set(index, await sealSlot(state, index, this.#target(staged), this.#buffers));
    await this.#store.commit([...staged.values()]);
    return slots;
  }

  async end(): Promise<void> {
    await this.#reader.stop();
    this.#vault.destroy();
  }

  #target(staged: Map<string, StagedCube>): SealTarget {
    return {
      encode: this.#vault.options(),
      node: this.load,
      take: ({ cube, temporary }) => {
        const id = cubeIdFromBytes(cube.id);
        if (temporary !== null && staged.has(id)) this.#store.discard(temporary);
        else if (temporary !== null) staged.set(id, { id, temporary });
      },
    };
  }
}
