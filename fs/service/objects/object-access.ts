import { setImmediate } from 'node:timers/promises';
import { SherinError } from '../../../common/errors.js';
import { type CubeId, cubeIdFromBytes, parseSherinId, type SherinId } from '../../../common/ids.js';
import { cubesOf } from '../../cube/catalog.js';
import { givenUpText } from '../../history/restore.js';
import { nodeId, slotCount, usedSlots } from '../../manifest/object-tree.js';
import { isCollected, type ObjectInfo } from '../../manifest/tree.js';
import { fileReach, type Identity, objectReach, permits } from '../../mount/reach.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { Glance } from './glance.js';
import type { Origins } from './origins.js';
import { strictest } from './strictest.js';

export interface ObjectAccessParts {
  readonly vault: VaultView;
  /** Whether users other than root and the owner come to the mount: they learn no more here than there. */
  readonly othersComeIn: () => boolean;
  readonly origins: Origins;
}

/** Objects looked at between two turns of the event loop. */
const stride = 500;
const tagDigits = 16;

export interface Page<T, Next> {
  readonly items: readonly T[];
  /** Where the next page begins; null: there is none. */
  readonly next: Next | null;
}

export interface ResolvedFile {
  readonly id: SherinId | null;
  /** Another one when the content, or how it lies in cubes, has become another. */
  readonly version: string;
  readonly size: number;
  readonly cubes: Page<CubeId, number>;
}

/**
 * What somebody may know of objects whom no kernel has checked: who may read an object by its ID at the mount. To anybody else it is
 * as if there were none (ID_UNKNOWN).
 */
export class ObjectAccess {
  readonly #parts: ObjectAccessParts;
  readonly #owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

  constructor(parts: ObjectAccessParts) {
    this.#parts = parts;
  }

  /** @throws SherinError ID_UNKNOWN, VERSION_COLLECTED, LOCKED… */
  async stat(id: SherinId, caller: Identity) {
    const session = await this.#parts.vault.unlocked();
    const object = this.#content(session, id, caller);
    const inodes = session.tree.inodesOf(object.no);
    const policies = inodes.flatMap((ino) => session.tree.policiesOf(ino));
    return {
      id: object.id,
      size: object.length,
      stored: session.tree.storedBytes(object.no),
      files: inodes.length,
      policy: strictest(policies),
      verified: session.verifiedAt(object.no) !== undefined,
    };
  }

  /** For many questions in a row, while nothing changes. */
  glance(session: Session): Glance {
    return new Glance((id, caller) => {
      const { no, length } = this.#content(session, id, caller);
      return { size: length, verified: session.verifiedAt(no) !== undefined };
    });
  }

  /** @param after the last one of the page before. @throws SherinError ID_UNKNOWN for one that is not there, LOCKED… */
  async list(
    namespace: string,
    after: SherinId | undefined,
    most: number,
    caller: Identity,
  ): Promise<Page<SherinId, SherinId>> {
    const session = await this.#parts.vault.unlocked();
    const start = after === undefined ? 0 : this.#object(session, after, caller).no;
    const items: SherinId[] = [];
    let looked = 0;
    for (const { no, id } of session.tree.objectsOf(namespace, start)) {
      if (++looked % stride === 0) await setImmediate();
      if (session !== this.#parts.vault.current()) throw new SherinError('LOCKED');
      if (!this.#mayRead(session, no, caller)) continue;
      if (items.length === most) return { items, next: items.at(-1) ?? null };
      items.push(id);
    }
    return { items, next: null };
  }

  /** Relatives that the caller may read. @param from how many were told before. @throws SherinError ID_UNKNOWN, LOCKED, MANIFEST_BROKEN… */
  async lineage(id: SherinId, from: number, most: number, caller: Identity) {
    const session = await this.#parts.vault.unlocked();
    const { id: known } = this.#object(session, id, caller);
    const { ancestors, descendants } = await this.#parts.origins.relativesOf(session, known);
    const all = [
      ...Array.from(ancestors, (one) => ({ id: one, relation: 'ancestor' as const })),
      ...Array.from(descendants, (one) => ({ id: one, relation: 'descendant' as const })),
    ];
    const told = all.flatMap((relative) => {
      const object = session.tree.objectById(parseSherinId(relative.id));
      if (object === undefined || !this.#mayRead(session, object.no, caller)) return [];
      return [{ ...relative, kept: !isCollected(object) }];
    });
    const items = told.slice(from, from + most);
    return { id: known, items, next: from + most < told.length ? from + most : null };
  }

  /** An object's cubes from a slot on. @throws SherinError ID_UNKNOWN, VERSION_COLLECTED, LOCKED… */
  async resolveObject(id: SherinId, from: number, most: number, caller: Identity): Promise<ResolvedFile> {
    const session = await this.#parts.vault.unlocked();
    const object = this.#content(session, id, caller);
    return resolved(session, object, layoutTag(object), from, most);
  }

  /** Those of a file as it is now. @throws SherinError PATH_MISSING, VERSION_COLLECTED, LOCKED… */
  async resolveFile(ino: number, from: number, most: number, caller: Identity): Promise<ResolvedFile> {
    const session = await this.#parts.vault.unlocked();
    this.#requireFile(session, ino, caller);
    // Its ID is there as soon as it is asked for.
    if (session.writing.mayLackVersion(ino)) await session.writing.durable(ino);
    const file = this.#requireFile(session, ino, caller);
    const object = file.object === 0 ? undefined : session.tree.object(file.object);
    if (object === undefined)
      return { id: null, version: `${file.version}-0`, size: 0, cubes: { items: [], next: null } };
    requireContent(object);
    return resolved(session, object, `${file.version}-${layoutTag(object)}`, from, most);
  }

  #requireFile(session: Session, ino: number, caller: Identity) {
    const file = session.tree.inode(ino);
    const may =
      file?.kind === 'file' &&
      this.#comesIn(caller) &&
      permits(fileReach(session.tree, file, this.#owner), caller) &&
      session.rights.mayRead(ino, caller);
    if (!may) throw new SherinError('PATH_MISSING', { path: `inode ${ino}` });
    return file;
  }

  #content(session: Session, id: SherinId, caller: Identity): ObjectInfo {
    const object = this.#object(session, id, caller);
    requireContent(object);
    return object;
  }

  #object(session: Session, id: SherinId, caller: Identity): ObjectInfo {
    const object = session.tree.objectById(parseSherinId(id));
    if (object === undefined || !this.#mayRead(session, object.no, caller))
      throw new SherinError('ID_UNKNOWN', { id });
    return object;
  }

  #mayRead(session: Session, no: number, caller: Identity): boolean {
    const { tree } = session;
    if (!this.#comesIn(caller) || !permits(objectReach(tree, no, this.#owner), caller)) return false;
    return tree.inodesOf(no).every((ino) => session.rights.mayRead(ino, caller));
  }

  #comesIn({ uid }: Identity): boolean {
    return uid === 0 || uid === this.#owner.uid || this.#parts.othersComeIn();
  }
}

function requireContent(object: ObjectInfo): void {
  if (isCollected(object))
    throw new SherinError('VERSION_COLLECTED', { what: object.id, part: givenUpText() });
}

function layoutTag({ node }: ObjectInfo): string {
  return nodeId(node).toString('hex', 0, tagDigits / 2);
}

function resolved(
  session: Session,
  object: ObjectInfo,
  version: string,
  from: number,
  most: number,
): ResolvedFile {
  const { id, length: size } = object;
  return { id, version, size, cubes: cubesFrom(session, object, from, most) };
}

/** Whole slots: at most 16 cubes each. */
function cubesFrom(
  session: Session,
  { node, length }: ObjectInfo,
  from: number,
  most: number,
): Page<CubeId, number> {
  const items: CubeId[] = [];
  const without = { has: (_: number, end: number) => end <= from };
  for (const { index, slot } of usedSlots(
    node,
    slotCount(length),
    (id) => session.manifest.node(id),
    without,
  )) {
    const cubes = cubesOf(slot);
    if (items.length + cubes.length > most) return { items, next: index };
    items.push(...cubes.map(({ id }) => cubeIdFromBytes(id)));
  }
  return { items, next: null };
}
