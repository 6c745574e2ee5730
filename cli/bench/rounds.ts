/** One round of the benchmark: new files are put in, read in every way, beside the same files as they lie outside. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Figures } from './figures.js';
import type { Interrupt } from './interrupt.js';
import { dropFromCache, type Material, makeMaterial, smallBytes } from './material.js';
import { put } from './put.js';
import { compare, readRandomly, readThrough, readTree, shuffled, timed } from './read.js';
import type { TemporaryVault } from './temporary-vault.js';

export interface Wish {
  /** Bytes of the large file. */
  readonly size: number;
  readonly files: number;
  readonly rounds: number;
}

/** Measures; `said` is called before each round. */
export async function measure(
  vault: TemporaryVault,
  wish: Wish,
  interrupt: Interrupt,
  said: (round: number) => void,
): Promise<Figures> {
  const figures = new Figures();
  for (let round = 1; round <= wish.rounds; round++) {
    said(round);
    const source = join(vault.directory, `source${round}`);
    const material = await makeMaterial(source, wish.size, wish.files);
    interrupt.check();
    await new Round(vault, wish, interrupt, figures, round, material).run();
    rmSync(source, { recursive: true });
  }
  return figures;
}

/** Where the files of a round are read: at the mount, or as they are. */
interface Side extends Material {
  readonly who: 'vault' | 'plain';
}

class Round {
  readonly #vault: TemporaryVault;
  readonly #wish: Wish;
  readonly #interrupt: Interrupt;
  readonly #figures: Figures;
  readonly #names: Material;
  readonly #source: Material;

  constructor(
    vault: TemporaryVault,
    wish: Wish,
    interrupt: Interrupt,
    figures: Figures,
    round: number,
    source: Material,
  ) {
    this.#vault = vault;
    this.#wish = wish;
    this.#interrupt = interrupt;
    this.#figures = figures;
    this.#names = { large: `large${round}`, small: `small${round}` };
    this.#source = source;
  }

  async run(): Promise<void> {
    const { size, files } = this.#wish;
    const add = (work: 'import' | 'importSmall', amount: number, seconds: number): void =>
      this.#figures.add('vault', work, amount / seconds);
    const putting = (kind: keyof Material): Promise<number> =>
      timed(() => put(this.#vault, this.#source[kind], this.#names[kind], this.#interrupt));
    add('import', size / 1e6, await putting('large'));
    add('importSmall', files, await putting('small'));

    const [large, small] = [this.#vault.path(this.#names.large), this.#vault.path(this.#names.small)];
    const sides: readonly Side[] = [
      { who: 'vault', large, small },
      { who: 'plain', ...this.#source },
    ];
    for (const side of sides) await this.#sequential(side);
    await compare(this.#source.large, large, this.#interrupt);
    const order = shuffled(size / smallBytes);
    for (const side of sides) {
      await this.#cold();
      const seconds = await timed(() => readRandomly(side.large, order, this.#interrupt));
      this.#figures.add(side.who, 'random', order.length / seconds);
    }
    for (const side of sides) {
      await this.#cold();
      const seconds = await timed(() => readTree(side.small, this.#interrupt));
      this.#figures.add(side.who, 'readSmall', files / seconds);
    }
    await this.#verify();
  }

  async #sequential(side: Side): Promise<void> {
    await this.#cold();
    for (const work of ['readCold', 'readAgain'] as const) {
      const seconds = await timed(() => readThrough(side.large, this.#interrupt));
      this.#figures.add(side.who, work, this.#wish.size / 1e6 / seconds);
    }
  }

  /** The codec at work in sherin-fs, from ciphertext in the page cache, on all its threads. */
  async #verify(): Promise<void> {
    const target = `files/${this.#names.large}`;
    await this.#vault.client.call('verify', { target });
    const seconds = await timed(() => this.#vault.client.call('verify', { target }));
    this.#figures.add('vault', 'verify', this.#wish.size / 1e6 / seconds);
    this.#interrupt.check();
  }

  /** Drops this round's files from memory, inside and outside the vault; older ones were dropped before. */
  async #cold(): Promise<void> {
    await this.#vault.forget(async () => {
      await dropFromCache(join(this.#vault.places.vault, 'cubes'), this.#source.large);
      await dropFromCache(join(this.#source.large, '..'));
    });
  }
}
