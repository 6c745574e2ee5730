/** Mutations from elsewhere, tried below what programs have changed: what they take away, and whether all that stands above still fits. */
import { SherinError } from '../../common/errors.js';
import { apply } from '../manifest/apply.js';
import { firstDated } from '../manifest/batch.js';
import { nameKey } from '../manifest/entry-name.js';
import { Overlay } from '../manifest/overlay.js';
import type { Mutation } from '../manifest/records.js';
import type { TreeState } from '../manifest/state.js';
import type { Change } from './change.js';

/** Index and time are those of the records, once there are some: here later than all that is there. */
const later = { index: Number.MAX_SAFE_INTEGER, time: 0n };

export class Trial {
  /** Inodes that have lost their last name. */
  readonly removed = new Set<number>();
  /** Files that have got another version. */
  readonly put = new Set<number>();
  readonly #base: TreeState;
  readonly #mutations: readonly Mutation[];
  #state: Overlay | null = null;

  /**
   * What takes no name away is not tried before something is to stand on it: whether it fits, the commit itself finds as well.
   * @param base the committed tree. @throws SherinError when mutations that take a name away do not fit it
   */
  constructor(base: TreeState, mutations: readonly Mutation[]) {
    this.#base = base;
    this.#mutations = mutations;
    for (const mutation of mutations) if (mutation.type === 'put') this.put.add(mutation.inode);
    if (mutations.some(({ type }) => type === 'unlink' || type === 'rename')) this.#tried();
  }

  /** @throws SherinError when the mutations do not fit the committed tree */
  require(): void {
    this.#tried();
  }

  /** The tree with the mutations. */
  #tried(): Overlay {
    if (this.#state !== null) return this.#state;
    const state = new Overlay(this.#base);
    for (const mutation of this.#mutations) {
      const unnamed = unnamedBy(state, mutation);
      apply(state, firstDated(state, mutation), { ...later, mayCreate: () => true });
      if (unnamed !== 0 && state.inode(unnamed) === undefined) this.removed.add(unnamed);
    }
    this.#state = state;
    return state;
  }

  /** @throws SherinError when one of the changes does not fit on top any more, or would mean something else there */
  requireFit(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const state = this.#tried();
    for (const change of changes) {
      if (change.type === 'version') {
        this.#requireFile(state, change.inode);
        continue;
      }
      if (unnamedBy(state, change.mutation) !== change.unnamed) throw misfit('a name means another file');
      // What is changed was there when it was changed: only what was made since comes into being.
      const mayCreate = (ino: number): boolean => this.#base.inode(ino) === undefined;
      apply(state, change.mutation, { ...later, mayCreate });
    }
  }

  /** A version says how many the file had before, so none may come in between. */
  #requireFile(state: Overlay, ino: number): void {
    if (this.put.has(ino)) throw misfit(`inode ${ino} has another version`);
    if (state.inode(ino)?.attributes.kind !== 'file') throw misfit(`inode ${ino} is no file`);
  }
}

/** The inode whose name a mutation takes away; 0: none. */
export function unnamedBy(state: Overlay, mutation: Mutation): number {
  if (mutation.type !== 'unlink' && mutation.type !== 'rename') return 0;
  if (mutation.type === 'rename' && mutation.exchange) return 0;
  const [parent, name] =
    mutation.type === 'unlink' ? [mutation.parent, mutation.name] : [mutation.newParent, mutation.newName];
  return state.entry(parent, nameKey(name))?.ino ?? 0;
}

function misfit(what: string): SherinError {
  return new SherinError('USAGE', { what });
}
