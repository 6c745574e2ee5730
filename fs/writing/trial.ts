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
  readonly #state: Overlay;

  /** @param base the committed tree. @throws SherinError when the mutations do not fit it */
  constructor(base: TreeState, mutations: readonly Mutation[]) {
    this.#base = base;
    this.#state = new Overlay(base);
    for (const mutation of mutations) {
      const unnamed = unnamedBy(this.#state, mutation);
      apply(this.#state, firstDated(this.#state, mutation), { ...later, mayCreate: () => true });
      if (unnamed !== 0 && this.#state.inode(unnamed) === undefined) this.removed.add(unnamed);
      if (mutation.type === 'put') this.put.add(mutation.inode);
    }
  }

  /** @throws SherinError when one of the changes does not fit on top any more, or would mean something else there */
  requireFit(changes: Iterable<Change>): void {
    for (const change of changes) {
      if (change.type === 'version') {
        this.#requireFile(change.inode);
        continue;
      }
      if (unnamedBy(this.#state, change.mutation) !== change.unnamed)
        throw misfit('a name means another file');
      // What is changed was there when it was changed: only what was made since comes into being.
      const mayCreate = (ino: number): boolean => this.#base.inode(ino) === undefined;
      apply(this.#state, change.mutation, { ...later, mayCreate });
    }
  }

  /** A version says how many the file had before, so none may come in between. */
  #requireFile(ino: number): void {
    if (this.put.has(ino)) throw misfit(`inode ${ino} has another version`);
    if (this.#state.inode(ino)?.attributes.kind !== 'file') throw misfit(`inode ${ino} is no file`);
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
