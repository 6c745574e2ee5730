/** A commit in the making: every mutation checked against the tree and encoded, nothing changed yet. */
import { MalformedBytes } from '../../common/bytes.js';
import { SherinError } from '../../common/errors.js';
import { leafHashes } from '../../native/index.js';
import { apply } from './apply.js';
import { checkName } from './entry-name.js';
import type { InodeNumbers } from './inode-numbers.js';
import { Overlay } from './overlay.js';
import { decodeRecord, encodeRecord } from './record-codec.js';
import type { Mutation } from './records.js';
import { inlineNode, type TreeState } from './state.js';
import { splitHashes } from './tiles.js';

const contentTypes: ReadonlySet<Mutation['type']> = new Set(['put', 'layout', 'unlink', 'rename']);

export class Batch {
  /** The tree after it, above the one before. */
  readonly state: Overlay;
  readonly mutations: Mutation[] = [];
  readonly records: Buffer[] = [];
  /** Numbers of inodes that it makes. */
  readonly inodes = new Set<number>();

  constructor(base: TreeState) {
    this.state = new Overlay(base);
  }

  /** Adds the record with log index `index`. @throws SherinError when the mutation does not fit; the batch is of no use then */
  add(mutation: Mutation, index: number, time: bigint, numbers: InodeNumbers): void {
    checkNames(mutation);
    const bytes = encode(firstDated(this.state, mutation), time);
    // What is applied is what was read back: a record that opening would refuse or take otherwise is never written.
    const { mutation: decoded } = decode(bytes);
    apply(this.state, decoded, { index, time, mayCreate: (ino) => this.#mayCreate(ino, numbers) });
    this.mutations.push(decoded);
    this.records.push(bytes);
  }

  /** Hashes of the records. */
  leaves(): readonly Buffer[] {
    return splitHashes(leafHashes(this.records));
  }

  /** Root nodes that memory does not keep. */
  largeRootNodes(): Buffer[] {
    return this.mutations.flatMap((mutation) => {
      const node = mutation.type === 'put' || mutation.type === 'layout' ? mutation.node : null;
      return node !== null && node.length > inlineNode ? [node] : [];
    });
  }

  /** Files may have other content after it, or the same elsewhere, or be gone. */
  get changesContent(): boolean {
    return this.mutations.some(({ type }) => contentTypes.has(type));
  }

  #mayCreate(ino: number, numbers: InodeNumbers): boolean {
    if (this.inodes.has(ino)) return false;
    this.inodes.add(ino);
    return numbers.isFree(ino);
  }
}

/** An object that the namespace already holds keeps its first date. */
export function firstDated(state: Overlay, mutation: Mutation): Mutation {
  if (mutation.type !== 'put') return mutation;
  const no = state.objectNumber(mutation.id.tag, mutation.id.namespace);
  const known = no === undefined ? undefined : state.object(no);
  return known === undefined ? mutation : { ...mutation, id: { ...mutation.id, date: known.date } };
}

/**
 * By type, not by `'name' in`: where it has seen several kinds of objects, V8 compiles that for those alone, and compiles the
 * whole commit anew with each of another kind. @throws SherinError NAME_INVALID
 */
function checkNames(mutation: Mutation): void {
  switch (mutation.type) {
    case 'link':
    case 'unlink':
    case 'policy':
      checkName(mutation.name);
      return;
    case 'rename':
      checkName(mutation.name);
      checkName(mutation.newName);
      return;
  }
}

function encode(mutation: Mutation, time: bigint): Buffer {
  try {
    return encodeRecord(mutation, time);
  } catch (cause) {
    throw misfit(cause);
  }
}

function decode(bytes: Buffer): ReturnType<typeof decodeRecord> {
  try {
    return decodeRecord(bytes);
  } catch (cause) {
    if (cause instanceof MalformedBytes) throw misfit(cause);
    throw cause;
  }
}

function misfit(cause: unknown): SherinError {
  const part = cause instanceof Error ? cause.message : 'unknown reason';
  return new SherinError('USAGE', { what: `not a record: ${part}` }, { cause });
}
