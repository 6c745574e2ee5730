/** Inodes and names, replayed from the manifest log (FORMAT.md, "Manifest log"). */

import { checkRootNode } from './object-tree.js';
import type { Attributes, Body, LogRecord } from './records.js';
import { Refused } from './refused.js';

export type Put = Extract<Body, { type: 'put' }>;

export interface Entry {
  readonly name: Uint8Array;
  readonly inode: number;
  /** 0 user, 1 admin, 2 system */
  readonly policy: number;
}

export interface StoredObject {
  /** From 1, in the order of first puts. */
  readonly no: number;
  /** The last put of it. */
  readonly put: Put;
  /** Where its content is: the root node of the last put or layout. */
  readonly node: Uint8Array;
  /** Its content was given up since. */
  readonly collected: boolean;
}

interface Inode {
  attributes: Attributes;
  links: number;
  /** Names below a directory. */
  readonly names: Map<string, Entry>;
  put: Put | undefined;
  /** Number of puts, log index of the last one. */
  puts: number;
  putIndex: number;
}

export interface Quarantined {
  readonly cube: Uint8Array;
  readonly time: bigint;
  readonly reason: number;
}

export const rootInode = 1;

function check(holds: boolean, part: string): asserts holds {
  if (!holds) throw new Refused('log', part);
}

/** One character a byte: a key for names that need not be UTF-8. */
const keyOf = (name: Uint8Array): string => String.fromCharCode(...name);

const objectKey = ({ object }: Put): string => `${object.namespace}/${keyOf(object.tag)}`;

export class Names {
  readonly #inodes = new Map<number, Inode>();
  readonly #objects = new Map<string, StoredObject>();
  readonly #quarantine = new Map<string, Quarantined>();
  #nextInode = 1;

  /** `index` is the record’s place in the log. @throws Refused log when the record does not fit what came before */
  apply({ body, time }: LogRecord, index: number): void {
    switch (body.type) {
      case 'attributes':
        this.#setAttributes(body.inode, body.attributes);
        break;
      case 'link':
        this.#link(body.parent, { name: body.name, inode: body.inode, policy: 0 });
        break;
      case 'unlink':
        this.#unlink(body.parent, body.name);
        break;
      case 'rename':
        this.#rename(body);
        break;
      case 'put':
        this.#put(body, index);
        break;
      case 'policy':
        this.#directory(body.parent).set(keyOf(body.name), {
          ...this.lookup(body.parent, body.name),
          policy: body.tag,
        });
        break;
      case 'quarantine':
        this.#quarantine.set(keyOf(body.cube), { cube: body.cube, time, reason: body.reason });
        break;
      case 'heal':
        this.#quarantine.delete(keyOf(body.cube));
        break;
      case 'collect':
        this.#collect(body, index);
        break;
      case 'layout':
        this.#layOut(body);
        break;
      case 'grant':
        break;
    }
  }

  inode(number: number): Readonly<Inode> {
    const inode = this.#inodes.get(number);
    check(inode !== undefined, `inode ${number} does not exist`);
    return inode;
  }

  get inodes(): ReadonlyMap<number, Readonly<Inode>> {
    return this.#inodes;
  }

  lookup(parent: number, name: Uint8Array): Entry {
    const entry = this.#directory(parent).get(keyOf(name));
    check(entry !== undefined, 'a name does not exist');
    return entry;
  }

  entries(parent: number): readonly Entry[] {
    return [...this.#directory(parent).values()];
  }

  /** By first appearance. */
  get objects(): readonly StoredObject[] {
    return [...this.#objects.values()];
  }

  objectOf(put: Put): StoredObject | undefined {
    return this.#objects.get(objectKey(put));
  }

  get quarantine(): readonly Quarantined[] {
    return [...this.#quarantine.values()];
  }

  /** Above every inode ever used. */
  get nextInode(): number {
    return this.#nextInode;
  }

  isQuarantined(cube: Uint8Array): boolean {
    return this.#quarantine.has(keyOf(cube));
  }

  #directory(number: number): Map<string, Entry> {
    const inode = this.inode(number);
    check(inode.attributes.kind === 2, `inode ${number} is not a directory`);
    return inode.names;
  }

  #setAttributes(number: number, attributes: Attributes): void {
    const known = this.#inodes.get(number);
    check(number >= 1, 'inode 0');
    check(known === undefined || known.attributes.kind === attributes.kind, 'an inode changes its kind');
    if (known !== undefined) {
      known.attributes = attributes;
      return;
    }
    const unused = { links: 0, names: new Map(), put: undefined, puts: 0, putIndex: -1 };
    this.#inodes.set(number, { attributes, ...unused });
    this.#nextInode = Math.max(this.#nextInode, number + 1);
  }

  #put(put: Put, index: number): void {
    const inode = this.#inodes.get(put.inode);
    check(inode?.attributes.kind === 1, 'a put into what is no file');
    const known = this.objectOf(put);
    if (known !== undefined) {
      const { length, root, object } = known.put;
      check(length === put.length && keyOf(root) === keyOf(put.root), 'one object ID for two contents');
      check(object.date === put.object.date, 'an object with two dates');
    }
    this.#objects.set(objectKey(put), {
      no: known?.no ?? this.#objects.size + 1,
      put,
      node: put.node,
      collected: false,
    });
    inode.put = put;
    inode.puts += 1;
    inode.putIndex = index;
  }

  #collect({ puts, objects }: Extract<Body, { type: 'collect' }>, index: number): void {
    check(
      puts.every((put) => put < index),
      'a version that is not there yet is given up',
    );
    const known = this.objects;
    for (const no of objects) {
      const object = known[no - 1];
      check(object !== undefined, 'an object that is not there is given up');
      this.#objects.set(objectKey(object.put), { ...object, collected: true });
    }
  }

  #layOut({ object: no, node }: Extract<Body, { type: 'layout' }>): void {
    const object = this.objects[no - 1];
    check(object !== undefined && !object.collected, 'an object without content is laid out');
    checkRootNode(node, object.put.length);
    this.#objects.set(objectKey(object.put), { ...object, node });
  }

  #link(parent: number, entry: Entry): void {
    const names = this.#directory(parent);
    const inode = this.#inodes.get(entry.inode);
    check(inode !== undefined, `inode ${entry.inode} does not exist`);
    check(!names.has(keyOf(entry.name)), 'a name exists already');
    check(entry.inode !== rootInode, 'the root directory is linked');
    check(inode.attributes.kind !== 2 || inode.links === 0, 'a directory has two links');
    names.set(keyOf(entry.name), entry);
    inode.links += 1;
  }

  #unlink(parent: number, name: Uint8Array): Entry {
    const entry = this.lookup(parent, name);
    const inode = this.#inodes.get(entry.inode);
    check(inode !== undefined && inode.names.size === 0, 'a directory with names in it is unlinked');
    this.#directory(parent).delete(keyOf(name));
    inode.links -= 1;
    if (inode.links === 0) this.#inodes.delete(entry.inode);
    return entry;
  }

  #rename(body: Extract<Body, { type: 'rename' }>): void {
    const [from, to] = [this.#directory(body.parent), this.#directory(body.newParent)];
    const entry = this.lookup(body.parent, body.name);
    const target = to.get(keyOf(body.newName));
    check(!body.exchange || target !== undefined, 'an exchange with a name that does not exist');
    // Two links of one inode: nothing changes, as with rename(2).
    if (target?.inode === entry.inode) return;
    const policy = Math.max(entry.policy, target?.policy ?? 0);
    if (!body.exchange && target !== undefined) this.#replace(entry, body.newParent, target);
    from.delete(keyOf(body.name));
    to.set(keyOf(body.newName), { ...entry, name: body.newName, policy });
    if (body.exchange && target !== undefined) {
      from.set(keyOf(body.name), { ...target, name: body.name, policy });
    }
    for (const moved of [entry, target]) {
      if (moved !== undefined && this.#inodes.get(moved.inode)?.attributes.kind === 2) {
        check(!this.#reaches(moved.inode, moved.inode, true), 'a directory is moved into itself');
      }
    }
  }

  /** Unlinks what stands where something is renamed to. */
  #replace(entry: Entry, parent: number, target: Entry): void {
    const isDirectory = (inode: number): boolean => this.inode(inode).attributes.kind === 2;
    check(
      isDirectory(entry.inode) === isDirectory(target.inode),
      'a directory replaces a file, or a file one',
    );
    this.#unlink(parent, target.name);
  }

  /** True when `goal` hangs below `from`. */
  #reaches(from: number, goal: number, below = false): boolean {
    if (from === goal && !below) return true;
    const inode = this.#inodes.get(from);
    return [...(inode?.names.values() ?? [])].some((entry) => this.#reaches(entry.inode, goal));
  }
}
