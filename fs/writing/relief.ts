/** Where the disk of the vault has little space: what programs may still write, and what is given back. */
import type { CubeId } from '../../common/ids.js';
import type { CubeStore } from '../cube/store.js';
import { AheadCubes } from './ahead-cubes.js';
import { aheadSlots } from './ahead-slots.js';
import type { Contents } from './contents.js';
import type { CubeHold } from './cube-hold.js';
import { Headroom } from './headroom.js';
import type { Journaling } from './journaling.js';
import type { Spilling } from './spilling.js';
import type { VertexPool } from './vertex-pool.js';
import type { WorkingTree } from './working-tree.js';

export interface ReliefParts {
  readonly pool: VertexPool;
  readonly store: CubeStore;
  readonly working: WorkingTree;
  readonly contents: Contents;
  readonly hold: CubeHold;
  readonly spilling: () => Spilling;
  readonly journaling: () => Journaling;
  /** Seals what is pending. @throws SherinError */
  readonly seal: () => Promise<void>;
  /** A durable head names the journal when it resolves. */
  readonly nameJournal: (sealing: boolean) => Promise<void>;
  /** Bytes that programs may have of the disk. */
  readonly available: () => Promise<number>;
  /** Whether a version may have a cube. */
  readonly recorded: (cube: CubeId) => boolean;
  /** A cube that no version has is about to go. */
  readonly drop: (cube: CubeId) => void;
  /** Giving back has failed; null: it has not. */
  readonly told: (error: unknown) => void;
}

export class Relief {
  readonly ahead: AheadCubes;
  readonly headroom: Headroom;
  readonly #parts: ReliefParts;

  constructor(parts: ReliefParts) {
    this.#parts = parts;
    const { pool, store, working, contents, available, drop, recorded } = parts;
    this.ahead = new AheadCubes({
      ...{ store, drop, recorded, slots: () => aheadSlots(contents, working) },
      names: (ino) => parts.journaling().names(ino),
    });
    this.headroom = new Headroom({ dirty: () => pool.bytes, available, makeRoom: () => this.#makeRoom() });
  }

  /**
   * Gives back cubes and segments of the journal that nothing needs; what an append has to say before that goes when it resolves, which in the
   * manifest's turn is not waited for. Where it fails nobody's work does.
   */
  async giveBack(): Promise<void> {
    const { hold, told } = this.#parts;
    const journaling = this.#parts.journaling();
    try {
      if (hold.isIdle) this.ahead.sweep();
      if (this.headroom.scarce || journaling.holdsMuch) await journaling.giveBack();
      told(null);
    } catch (error) {
      told(error);
    }
  }

  /** What is pending is sealed; what is held open is in cubes, and no longer in the journal with every byte. */
  async #makeRoom(): Promise<void> {
    const { spilling, seal } = this.#parts;
    await spilling().settled();
    // Who writes hears of it where that leaves no space.
    await seal().catch(() => undefined);
    await this.#shorten().catch(() => undefined);
    await this.giveBack();
  }

  async #shorten(): Promise<void> {
    const { contents, nameJournal, working } = this.#parts;
    const [journaling, spilling] = [this.#parts.journaling(), this.#parts.spilling()];
    if (!journaling.usable || !journaling.holdsMuch) return;
    for (const file of [...contents.all()])
      if (journaling.names(file.ino) && !working.isOrphan(file.ino)) await spilling.storeAll(file);
    await nameJournal(false);
    await journaling.retell();
  }
}
