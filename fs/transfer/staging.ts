import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { CubeRef, EncodedCube } from '../../native/index.js';
import type { TaggedContent } from '../cube/object-tag.js';
import type { StagedCube } from '../cube/store.js';
import { namedPut, type UnnamedPut } from '../cube/unnamed-put.js';
import type { Mutation } from '../manifest/records.js';
import { touched } from '../manifest/touched.js';
import type { Tree } from '../manifest/tree.js';

/** Limits of a batch: what a crash can cost of an import, against the price of two syncfs and a transaction. */
const batchBytes = 128 * 1024 * 1024;
const batchMutations = 6_000;

/** A version of a file, whose ID is made with those of its batch. */
export interface StagedContent extends UnnamedPut {
  readonly type: 'content';
}

/** What is to be recorded: of a directory that gets entries only the times change, whatever else it is by then. */
export type Staged =
  | Mutation
  | StagedContent
  | { readonly type: 'touch'; readonly inode: number; readonly now: bigint };

/** Makes the tags of contents, in their order. */
export type TagContents = (contents: readonly TaggedContent[]) => readonly Buffer[];

/** A batch of an import: cubes under temporary names, and the records that will refer to them. */
export class Staging {
  readonly cubes: StagedCube[] = [];
  readonly refs: CubeRef[] = [];
  readonly staged: Staged[] = [];
  readonly nodes: Buffer[] = [];
  /** Quarantined cubes of which the vault has a good copy now. */
  readonly healed: CubeId[] = [];
  readonly #tags: TagContents;
  readonly #byId = new Set<CubeId>();
  readonly #known = new Set<CubeId>();
  #bytes = 0;

  constructor(tags: TagContents) {
    this.#tags = tags;
  }

  get full(): boolean {
    return this.#bytes >= batchBytes || this.staged.length >= batchMutations;
  }

  get empty(): boolean {
    return this.cubes.length === 0 && this.staged.length === 0 && this.healed.length === 0;
  }

  /** The records, for the tree as it is when they are committed. */
  mutationsOn(tree: Pick<Tree, 'inode'>): readonly Mutation[] {
    const tags = this.#tags(this.staged.filter((staged) => staged.type === 'content')).values();
    return this.staged.flatMap((staged) => {
      if (staged.type === 'touch') return touched(tree, staged.inode, staged.now);
      return staged.type === 'content' ? namedPut(staged, tags.next().value) : staged;
    });
  }

  /** Takes note of a cube that the vault has: a crash may have left it without its row in the manifest. */
  addKnown(cube: CubeRef): void {
    const id = cubeIdFromBytes(cube.id);
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.refs.push(cube);
  }

  /** Takes what the codec made of a slot. @returns the temporary to discard when this batch has an equal cube already */
  add(encoded: EncodedCube): string | null {
    const id = cubeIdFromBytes(encoded.cube.id);
    if (encoded.temporary === null) return null;
    if (this.#byId.has(id)) return encoded.temporary;
    this.#byId.add(id);
    this.cubes.push({ id, temporary: encoded.temporary });
    this.refs.push(encoded.cube);
    this.#bytes += encoded.stored;
    return null;
  }
}
