import { SherinError } from '../../../common/errors.js';
import { parseSherinId, type SherinId } from '../../../common/ids.js';
import { type Making, makings, type Relatives, relatives } from '../../history/lineage.js';
import { taskPath } from '../../manifest/tasks.js';
import { isCollected } from '../../manifest/tree.js';
import type { Caller } from '../../mount/source.js';
import { pathText } from '../../tree-path.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { LastReading } from '../versions/last-reading.js';
import { findOrigin } from './target.js';

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

export interface LineageReport extends Relatives {
  readonly id: SherinId;
  /** Of all of these and itself those behind the given one, by ID. */
  readonly versions: Iterable<Relative>;
}

/** Paths of one version. */
const mostPaths = 4;

/** Where versions came from. */
export class Origins {
  readonly #vault: VaultView;
  readonly #makings = new LastReading<readonly Making[]>();

  constructor(vault: VaultView) {
    this.#vault = vault;
  }

  /**
   * @param after an ID, behind which versions are told
   * @throws SherinError PATH_MISSING, ID_UNKNOWN, ID_MALFORMED, DENIED, LOCKED, MANIFEST_BROKEN; USAGE for what has no content
   */
  async of(
    target: string,
    after: string,
    caller: Caller,
    progress: (done: number, total: number) => void,
  ): Promise<LineageReport> {
    const session = await this.#vault.settled();
    const { inodes, object } = findOrigin(session, target);
    await session.rights.requireRead(inodes, object?.id ?? null, caller);
    if (object === null)
      throw new SherinError('USAGE', { what: `${target} has no content, and so no origin` });
    const all = await this.#all(session, progress);
    const { ancestors, descendants } = relatives(all, object.id);
    const ids = [...new Set([object.id, ...ancestors, ...descendants])].filter((id) => id > after).sort();
    return { id: object.id, ancestors, descendants, versions: versionsOf(session, ids, all) };
  }

  /** @throws SherinError MANIFEST_BROKEN, LOCKED */
  async relativesOf(session: Session, id: SherinId): Promise<Relatives> {
    return relatives(await this.#all(session, () => undefined), id);
  }

  #all(session: Session, progress: (done: number, total: number) => void): Promise<readonly Making[]> {
    return this.#makings.get(session, '', () => makings(session.manifest, progress));
  }
}

function* versionsOf(
  session: Session,
  ids: readonly SherinId[],
  all: readonly Making[],
): Generator<Relative> {
  const made = new Map(ids.map((id) => [id, [] as Making[]]));
  for (const making of all) made.get(making.id)?.push(making);
  for (const id of ids) yield { ...placesOf(session, id), made: made.get(id) ?? [] };
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
