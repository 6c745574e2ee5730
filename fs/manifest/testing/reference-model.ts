/** The tree as a few plain maps: slow, obvious, and written without a look at the code it is compared with. */
import type { CubeId } from '../../../common/ids.js';
import { inodeKinds, type Mutation, type PolicyTag, policyTags } from '../records.js';
import { isCollected, type Tree } from '../tree.js';

interface ModelInode {
  readonly kind: string;
  mode: number;
  /** Of a directory: name → link. */
  readonly names: Map<string, { ino: number; policy: PolicyTag }>;
  links: number;
  puts: { content: string; length: number }[];
}

/** What a model says of everything that can be asked; two of them are compared as values. */
export type Picture = unknown;

export class ReferenceModel {
  readonly inodes = new Map<number, ModelInode>();
  readonly quarantine = new Map<CubeId, string>();
  readonly objects: string[] = [];
  /** Root nodes and lengths of the objects. */
  readonly nodes: string[] = [];
  readonly lengths: number[] = [];
  /** Of the objects, by number, whose content was given up. */
  readonly collected = new Set<number>();
  readonly #used = new Set<number>();

  /** Applies all of a batch or throws and is useless after. */
  apply(mutation: Mutation): void {
    switch (mutation.type) {
      case 'attributes': {
        const known = this.inodes.get(mutation.inode);
        const { kind, mode } = mutation.attributes;
        if (known === undefined) {
          check(!this.#used.has(mutation.inode), 'EINVAL');
          this.#used.add(mutation.inode);
          this.inodes.set(mutation.inode, { kind, mode, names: new Map(), links: 0, puts: [] });
        } else {
          check(known.kind === kind, 'EINVAL');
          known.mode = mode;
        }
        break;
      }
      case 'link': {
        const names = this.#names(mutation.parent);
        const name = mutation.name.toString('latin1');
        check(!names.has(name), 'EEXIST');
        const inode = this.#inode(mutation.inode);
        if (inode.kind === 'directory') {
          check(inode.links === 0 && mutation.inode !== 1, 'EINVAL');
          check(!this.#isBelow(mutation.parent, mutation.inode), 'EINVAL');
        }
        names.set(name, { ino: mutation.inode, policy: 'user' });
        inode.links += 1;
        break;
      }
      case 'unlink':
        this.#unlink(mutation.parent, mutation.name.toString('latin1'));
        break;
      case 'rename':
        this.#rename(mutation);
        break;
      case 'put': {
        const inode = this.#inode(mutation.inode);
        check(inode.kind !== 'directory', 'EISDIR');
        check(inode.kind === 'file', 'EINVAL');
        const content = mutation.id.tag.toString('hex');
        if (!this.objects.includes(content)) this.objects.push(content);
        const at = this.objects.indexOf(content);
        this.collected.delete(at + 1);
        this.nodes[at] = mutation.node.toString('hex');
        this.lengths[at] = mutation.length;
        inode.puts.push({ content, length: mutation.length });
        break;
      }
      case 'policy':
        this.#link(mutation.parent, mutation.name.toString('latin1')).policy = mutation.tag;
        break;
      case 'quarantine':
        this.quarantine.set(mutation.cube, mutation.reason);
        break;
      case 'heal':
        this.quarantine.delete(mutation.cube);
        break;
      case 'collect':
        check(
          mutation.objects.every((no) => no <= this.objects.length),
          'EINVAL',
        );
        for (const no of mutation.objects) this.collected.add(no);
        break;
      case 'layout': {
        const { object, node } = mutation;
        check(object <= this.objects.length && !this.collected.has(object), 'EINVAL');
        // Contents of the histories have one slot, or none.
        check(node.readUInt16LE(2) === (this.lengths[object - 1] === 0 ? 0 : 1), 'EINVAL');
        this.nodes[object - 1] = node.toString('hex');
        break;
      }
      case 'grant':
        break;
    }
  }

  /** Numbers that were given out but not used are lost when one above them was. */
  reopen(): void {
    for (let ino = Math.max(...this.#used); ino > 0; ino--) this.#used.add(ino);
  }

  clone(): ReferenceModel {
    const copy = new ReferenceModel();
    for (const [ino, inode] of this.inodes) {
      const names = new Map([...inode.names].map(([name, link]) => [name, { ...link }]));
      copy.inodes.set(ino, { ...inode, names, puts: [...inode.puts] });
    }
    for (const [cube, reason] of this.quarantine) copy.quarantine.set(cube, reason);
    copy.objects.push(...this.objects);
    copy.nodes.push(...this.nodes);
    copy.lengths.push(...this.lengths);
    for (const no of this.collected) copy.collected.add(no);
    for (const ino of this.#used) copy.#used.add(ino);
    return copy;
  }

  picture(): Picture {
    const inodes = [...this.inodes]
      .sort(([a], [b]) => a - b)
      .map(([ino, inode]) => {
        const directory = inode.kind === 'directory';
        const names = [...inode.names].sort(([a], [b]) => (a < b ? -1 : 1));
        const subdirectories = names.filter(
          ([, { ino: child }]) => this.inodes.get(child)?.kind === 'directory',
        );
        const last = inode.puts.at(-1);
        return {
          ino,
          kind: inode.kind,
          mode: inode.mode,
          nlink: directory ? 2 + subdirectories.length : inode.links,
          size: last?.length ?? (inode.kind === 'symlink' ? 6 : 0),
          object: last === undefined ? 0 : this.objects.indexOf(last.content) + 1,
          version: inode.puts.length,
          list: directory ? names.map(([name, { ino: child, policy }]) => `${name}=${child}:${policy}`) : [],
          links: this.#linksOf(ino),
        };
      });
    const inodesOf = this.objects.map((_, i) =>
      inodes.filter(({ object }) => object === i + 1).map(({ ino }) => ino),
    );
    const collected = [...this.collected].sort((a, b) => a - b);
    const nodes = this.nodes.map((node, i) => (this.collected.has(i + 1) ? '' : node));
    return { inodes, inodesOf, collected, nodes, quarantine: [...this.quarantine].sort() };
  }

  #linksOf(ino: number): string[] {
    const links: string[] = [];
    for (const [parent, { names }] of this.inodes) {
      for (const [name, link] of names) if (link.ino === ino) links.push(`${parent}/${name}:${link.policy}`);
    }
    return links.sort();
  }

  #inode(ino: number): ModelInode {
    const inode = this.inodes.get(ino);
    check(inode !== undefined, 'ENOENT');
    return inode;
  }

  #names(ino: number): ModelInode['names'] {
    const inode = this.#inode(ino);
    check(inode.kind === 'directory', 'ENOTDIR');
    return inode.names;
  }

  #link(parent: number, name: string): { ino: number; policy: PolicyTag } {
    const link = this.#names(parent).get(name);
    check(link !== undefined, 'ENOENT');
    return link;
  }

  #unlink(parent: number, name: string): void {
    const { ino } = this.#link(parent, name);
    const inode = this.#inode(ino);
    check(inode.names.size === 0, 'ENOTEMPTY');
    this.#names(parent).delete(name);
    inode.links -= 1;
    if (inode.links === 0) this.inodes.delete(ino);
  }

  #rename({
    parent,
    name: from,
    newParent,
    newName: to,
    exchange,
  }: Extract<Mutation, { type: 'rename' }>): void {
    const [name, newName] = [from.toString('latin1'), to.toString('latin1')];
    const moved = this.#link(parent, name);
    const target = this.#names(newParent).get(newName);
    check(!exchange || target !== undefined, 'ENOENT');
    if (target?.ino === moved.ino) return;
    check(!this.#isBelow(newParent, moved.ino), 'EINVAL');
    const policy = policyTags[Math.max(rank(moved.policy), rank(target?.policy ?? 'user'))] ?? 'user';
    if (exchange && target !== undefined) {
      check(!this.#isBelow(parent, target.ino), 'EINVAL');
      this.#names(parent).set(name, { ino: target.ino, policy });
    } else {
      if (target !== undefined) {
        const directories = [moved, target].map(({ ino }) => this.#inode(ino).kind === 'directory');
        check(!(directories[1] === true && directories[0] === false), 'EISDIR');
        check(!(directories[0] === true && directories[1] === false), 'ENOTDIR');
        this.#unlink(newParent, newName);
      }
      this.#names(parent).delete(name);
    }
    this.#names(newParent).set(newName, { ino: moved.ino, policy });
  }

  /** Whether `ino` is `above` or hangs below it. */
  #isBelow(ino: number, above: number): boolean {
    if (ino === above) return true;
    const children = [...(this.inodes.get(above)?.names.values() ?? [])];
    return children.some((child) => this.#isBelow(ino, child.ino));
  }
}

/** The same picture of a tree under test, over the inodes below `end`. */
export function pictureOf(tree: Tree, end: number): Picture {
  const inodes = Array.from({ length: end }, (_, ino) => tree.inode(ino)).flatMap((inode) => {
    if (inode === undefined) return [];
    const { ino, kind, mode, nlink, size, object, version } = inode;
    const list = Array.from(
      tree.list(ino),
      (entry) => `${entry.name.toString('latin1')}=${entry.ino}:${entry.policy}`,
    );
    const links = tree
      .linksOf(ino)
      .map(({ parent, name, policy }) => `${parent}/${name.toString('latin1')}:${policy}`);
    return [{ ino, kind, mode, nlink, size, object, version, list, links: links.sort() }];
  });
  const { objects } = tree.counts();
  const inodesOf = Array.from({ length: objects }, (_, i) => [...tree.inodesOf(i + 1)].sort((a, b) => a - b));
  const quarantine = Array.from(tree.quarantine(), ({ cube, reason }) => [cube, reason]).sort();
  const collected = Array.from({ length: objects }, (_, i) => i + 1).filter((no) => {
    const object = tree.object(no);
    return object !== undefined && isCollected(object);
  });
  const nodes = Array.from({ length: objects }, (_, i) => tree.object(i + 1)?.node.toString('hex'));
  return { inodes, inodesOf, collected, nodes, quarantine };
}

function rank(tag: PolicyTag): number {
  return policyTags.indexOf(tag);
}

export class ModelError extends Error {
  readonly errno: string;
  constructor(errno: string) {
    super(errno);
    this.errno = errno;
  }
}

function check(holds: boolean, errno: string): asserts holds {
  if (!holds) throw new ModelError(errno);
}

export const everyKind = inodeKinds.filter((kind) => kind !== undefined);
