/** What a vault may hold after a crash: the state after each change, in the order in which they become durable. */
import { createHash } from 'node:crypto';
import { bytesOf, type Operation } from './operations.js';

/** Of one name. */
export interface Shown {
  readonly kind: string;
  readonly links: number;
  /** Paths that lead to the same inode. */
  readonly same: readonly string[];
  readonly target: string | null;
  /** SHA-256 of a file's content, and its length. */
  readonly content: string | null;
  /** Mode and extended attributes: of changes that follow each other these may come before the rest. */
  readonly attributes: string;
}

export type Picture = ReadonlyMap<string, Shown>;

export function contentText(bytes: Buffer): string {
  return `${bytes.length} ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

export function attributesText(mode: number, xattrs: readonly (readonly [string, string])[]): string {
  return JSON.stringify([mode.toString(8), [...xattrs].sort()]);
}

interface Node {
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly target: string | null;
  mode: number;
  xattrs: ReadonlyMap<string, string>;
  /** As programs see it. */
  content: Buffer;
  /** As it is found after a crash, once the changes so far are durable. */
  durable: string;
  /** Written to since its last version. */
  dirty: boolean;
  open: number;
}

/** One state, with what each file that is written to looks like to programs. */
export interface State {
  readonly picture: Picture;
  readonly live: ReadonlyMap<string, string>;
}

export class Model {
  readonly #names = new Map<string, Node>();
  readonly #open = new Map<string, Node>();
  /** In order; the first is the empty tree. */
  readonly states: State[] = [];
  /** Number of states once an operation has ended. */
  readonly after: number[] = [];
  /** States that an operation has made durable when it has ended: index of the oldest that may be found then, by operation. */
  readonly floors = new Map<number, number>();

  constructor(operations: readonly Operation[]) {
    this.#note();
    for (const [at, operation] of operations.entries()) {
      this.#apply(operation, at);
      this.after.push(this.states.length);
      if (['sync', 'unasked', 'seal', 'put'].includes(operation.do))
        this.floors.set(at, this.states.length - 1);
    }
  }

  #apply(operation: Operation, at: number): void {
    switch (operation.do) {
      case 'mkdir':
        this.#make(operation.path, 'directory', operation.mode, null);
        break;
      case 'symlink':
        this.#make(operation.path, 'symlink', 0o777, operation.target);
        break;
      case 'chmod':
        this.#at(operation.path).mode = operation.mode;
        break;
      case 'xattr': {
        const node = this.#at(operation.path);
        const xattrs = new Map(node.xattrs);
        if (operation.value === null) xattrs.delete(operation.name);
        else xattrs.set(operation.name, operation.value);
        node.xattrs = xattrs;
        break;
      }
      case 'open':
        this.#openFile(operation);
        break;
      case 'write': {
        const bytes = bytesOf(at, operation.length);
        const { content } = this.#labelled(operation.label);
        const end = Math.max(content.length, operation.at + bytes.length);
        this.#change(operation.label, resized(content, end), (copy) => bytes.copy(copy, operation.at));
        break;
      }
      case 'truncate':
        this.#change(operation.label, resized(this.#labelled(operation.label).content, operation.length));
        break;
      case 'zero': {
        const { content } = this.#labelled(operation.label);
        const end = Math.min(content.length, operation.at + operation.length);
        this.#change(operation.label, Buffer.from(content), (copy) => copy.fill(0, operation.at, end));
        break;
      }
      case 'copy': {
        const { from, to, length } = operation;
        const bytes = this.#labelled(from.label).content.subarray(from.at, from.at + length);
        const { content } = this.#labelled(to.label);
        const end = Math.max(content.length, to.at + bytes.length);
        this.#change(to.label, resized(content, end), (copy) => bytes.copy(copy, to.at));
        break;
      }
      case 'close': {
        const node = this.#labelled(operation.label);
        this.#open.delete(operation.label);
        node.open -= 1;
        if (node.open === 0) this.#version(node);
        break;
      }
      case 'sync':
        this.#sync(operation.labels.map((label) => this.#labelled(label)));
        break;
      case 'unasked':
        this.#sync([...new Set(this.#names.values())].filter(({ dirty }) => dirty));
        break;
      case 'seal':
      case 'join':
      case 'copy log':
        break;
      case 'rename':
        this.#rename(operation.from, operation.to);
        break;
      case 'exchange': {
        const [one, other] = [this.#at(operation.from), this.#at(operation.to)];
        this.#version(one);
        this.#version(other);
        this.#names.set(operation.from, other).set(operation.to, one);
        break;
      }
      case 'link': {
        const node = this.#at(operation.from);
        this.#version(node);
        this.#names.set(operation.to, node);
        break;
      }
      case 'unlink':
      case 'rmdir':
        this.#names.delete(operation.path);
        break;
      case 'put':
        this.#put(operation.path, bytesOf(at, operation.length));
        break;
    }
    this.#note();
  }

  #make(path: string, kind: Node['kind'], mode: number, target: string | null): Node {
    const empty = Buffer.alloc(0);
    const node: Node = {
      ...{ kind, target, mode, content: empty, durable: contentText(empty) },
      ...{ xattrs: new Map(), dirty: false, open: 0 },
    };
    this.#names.set(path, node);
    return node;
  }

  #openFile({ label, path, cut }: Extract<Operation, { do: 'open' }>): void {
    const node = this.#names.get(path) ?? this.#make(path, 'file', 0o644, null);
    node.open += 1;
    this.#open.set(label, node);
    if (cut === true) this.#change(label, Buffer.alloc(0));
  }

  #change(label: string, copy: Buffer, fill?: (copy: Buffer) => void): void {
    const node = this.#labelled(label);
    fill?.(copy);
    node.content = copy;
    node.dirty = true;
  }

  #put(path: string, bytes: Buffer): void {
    const node = this.#names.get(path) ?? this.#make(path, 'file', 0o600, null);
    // An import sets the attributes that its source has.
    node.mode = 0o600;
    node.xattrs = new Map();
    node.content = bytes;
    node.durable = contentText(bytes);
  }

  #rename(from: string, to: string): void {
    this.#version(this.#at(from));
    const moved = [...this.#names].filter(([path]) => path === from || path.startsWith(`${from}/`));
    for (const [path] of moved) this.#names.delete(path);
    for (const [path, node] of moved) this.#names.set(to + path.slice(from.length), node);
  }

  #version(node: Node): void {
    if (!node.dirty) return;
    node.dirty = false;
    node.durable = contentText(node.content);
    this.#note();
  }

  /** All of them at once, or one after another. */
  #sync(nodes: readonly Node[]): void {
    for (const node of nodes) {
      node.durable = contentText(node.content);
      this.#note();
    }
  }

  #at(path: string): Node {
    const node = this.#names.get(path);
    if (node === undefined) throw new Error(`the model has no ${path}`);
    return node;
  }

  #labelled(label: string): Node {
    const node = this.#open.get(label);
    if (node === undefined) throw new Error(`nothing is open as ${label}`);
    return node;
  }

  #note(): void {
    const paths = new Map<Node, string[]>();
    for (const [path, node] of this.#names) paths.set(node, [...(paths.get(node) ?? []), path]);
    const picture = new Map<string, Shown>();
    const live = new Map<string, string>();
    for (const [path, node] of this.#names) {
      const same = (paths.get(node) ?? []).sort();
      const below = [...this.#names].filter(
        ([other, { kind }]) => kind === 'directory' && parentOf(other) === path,
      );
      picture.set(path, {
        kind: node.kind,
        links: node.kind === 'directory' ? 2 + below.length : same.length,
        same: node.kind === 'directory' ? [path] : same,
        target: node.target,
        content: node.kind === 'file' ? node.durable : null,
        attributes: attributesText(node.mode, [...node.xattrs]),
      });
      if (node.dirty) live.set(path, contentText(node.content));
    }
    this.states.push({ picture, live });
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function resized(content: Buffer, length: number): Buffer {
  const copy = Buffer.alloc(length);
  content.copy(copy, 0, 0, length);
  return copy;
}
