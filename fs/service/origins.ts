import { SherinError } from '../../common/errors.js';
import { parseSherinId, type SherinId } from '../../common/ids.js';
import { type Making, makings, type Relatives, relatives } from '../history/lineage.js';
import { taskPath } from '../manifest/tasks.js';
import { isCollected } from '../manifest/tree.js';
import type { Caller } from '../mount/source.js';
import { pathText } from '../tree-path.js';
import type { Session } from './session.js';
import { findOrigin } from './target.js';
import type { VaultView } from './vault-view.js';

/** A version in a lineage. */
export interface Relative {
  readonly id: SherinId;
  /** Content is there. */
  readonly kept: boolean;
  /** Some of the paths that show it now. */
  readonly paths: readonly string[];
  /** Oldest first. */
  readonly made: readonly Making[];
}

export interface LineageReport {
  readonly id: SherinId;
  readonly ancestors: readonly SherinId[];
  readonly descendants: readonly SherinId[];
  /** All of these and itself. */
  readonly versions: readonly Relative[];
  /** There were more than an answer holds. */
  readonly more: boolean;
}

/** Versions in an answer, and paths of one. */
const mostRelatives = 500;
const mostPaths = 4;

/** Where versions came from. */
export class Origins {
  readonly #vault: VaultView;
  readonly #known = new WeakMap<
    Session,
    { readonly size: number; readonly all: Promise<readonly Making[]> }
  >();

  constructor(vault: VaultView) {
    this.#vault = vault;
  }

  /** @throws SherinError PATH_MISSING, ID_UNKNOWN, ID_MALFORMED, DENIED, LOCKED, MANIFEST_BROKEN; USAGE for what has no content */
  async of(
    target: string,
    caller: Caller,
    progress: (done: number, total: number) => void,
  ): Promise<LineageReport> {
    const session = await this.#vault.settled();
    const { inodes, object } = findOrigin(session, target);
    await session.rights.requireRead(inodes, object?.id ?? null, caller);
    if (object === null)
      throw new SherinError('USAGE', { what: `${target} has no content, and so no origin` });
    const all = await this.#makings(session, progress);
    const { ancestors, descendants } = relatives(all, object.id);
    const ids = new Set([object.id, ...ancestors, ...descendants]);
    const shown = new Set([...ids].slice(0, mostRelatives));
    return {
      id: object.id,
      ancestors: [...ancestors].filter((id) => shown.has(id)),
      descendants: [...descendants].filter((id) => shown.has(id)),
      versions: [...shown].map((id) => ({
        ...placesOf(session, id),
        made: all.filter((making) => making.id === id),
      })),
      more: ids.size > shown.size,
    };
  }

  /** @throws SherinError MANIFEST_BROKEN, LOCKED */
  async relativesOf(session: Session, id: SherinId): Promise<Relatives> {
    return relatives(await this.#makings(session, () => undefined), id);
  }

  /** The log is read once for all who ask before it has grown. */
  #makings(session: Session, progress: (done: number, total: number) => void): Promise<readonly Making[]> {
    const { size } = session.manifest.head;
    const known = this.#known.get(session);
    if (known?.size === size) return known.all;
    const all = makings(session.manifest, progress);
    this.#known.set(session, { size, all });
    all.catch(() => this.#known.delete(session));
    return all;
  }
}

function placesOf(session: Session, id: SherinId): Omit<Relative, 'made'> {
  const { tree } = session.manifest;
  const object = tree.objectById(parseSherinId(id));
  if (object === undefined) return { id, kept: false, paths: [] };
  const paths = tree.inodesOf(object.no).slice(0, mostPaths);
  return {
    id,
    kept: !isCollected(object),
    paths: paths.flatMap((ino) => {
      const path = tree.path(ino);
      return path === undefined ? (taskPath(tree, ino) ?? []) : pathText(path);
    }),
  };
}
