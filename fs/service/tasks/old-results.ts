/** Results that nobody needs any more: they have no name in the mount by which whom they belong to could remove them. */
import type { SherinId } from '../../../common/ids.js';
import { directoryOf, directoryOfPart } from '../../manifest/tasks.js';
import type { Tree } from '../../manifest/tree.js';
import type { Caller } from '../../mount/source.js';
import { mutationsOf, type Removal } from '../../transfer/removal.js';
import { actorOf } from '../actor.js';
import type { Session } from '../session/session.js';
import { recorded, type TaskMount, type TaskVault, vaultOwner } from './parts.js';

interface Whose {
  /** Those of all users; else those of who asks. */
  readonly all: boolean;
}

export interface OldResult {
  readonly ino: number;
  readonly id: SherinId;
}

export class OldResults {
  readonly #vault: TaskVault;
  readonly #mount: TaskMount;

  constructor(vault: TaskVault, mount: TaskMount) {
    this.#vault = vault;
    this.#mount = mount;
  }

  /**
   * Those that became results before a time, by inode number, without those up to `after`.
   * @throws SherinError DENIED; LOCKED, TPM_*
   */
  async list(
    { before, after, ...whose }: Whose & { readonly before: bigint; readonly after: number },
    caller: Caller,
  ): Promise<readonly OldResult[]> {
    const session = await this.#vault.settled();
    const found: OldResult[] = [];
    for (const { entry } of await this.#of(session, whose, caller)) {
      const inode = entry.ino > after ? session.tree.inode(entry.ino) : undefined;
      const object = inode && session.tree.object(inode.object);
      if (inode !== undefined && object !== undefined && inode.ctime < before)
        found.push({ ino: entry.ino, id: object.id });
    }
    return found.sort((one, other) => one.ino - other.ino);
  }

  /**
   * Removes those of them that are there, and says how many; durable when it resolves. Versions stay until the next gc.
   * @throws SherinError DENIED; AUDIT_UNWRITABLE, LOCKED, TPM_*, NO_SPACE, IO
   */
  async remove(
    { inos, ...whose }: Whose & { readonly inos: ReadonlySet<number> },
    caller: Caller,
  ): Promise<number> {
    const session = await this.#vault.settled();
    const going = (await this.#of(session, whose, caller)).filter(({ entry }) => inos.has(entry.ino));
    if (going.length === 0) return 0;
    const meta = { results: going.length };
    await recorded(this.#vault, [{ event: 'AUDIT_RESULTS_REMOVED', id: null, actor: actorOf(caller), meta }]);
    const now = session.changes.now();
    // Another may have removed some of them meanwhile.
    const left = going.filter(
      ({ parent, entry }) => session.tree.lookup(parent, entry.name)?.ino === entry.ino,
    );
    await session.commit(() => left.flatMap((removal) => mutationsOf(session.manifest.tree, removal, now)));
    await this.#mount.invalidate({ inodes: left.map(({ entry }) => entry.ino), names: [] });
    return left.length;
  }

  async #of(session: Session, { all }: Whose, caller: Caller): Promise<readonly Removal[]> {
    const { tree } = session;
    const owner = vaultOwner().uid;
    if (!all) return below(tree, directoryOf(tree, { part: 'results', name: String(caller.uid ?? owner) }));
    await session.rights.requireOwner([owner], caller, 'results', 'remove results of others');
    return below(tree, directoryOfPart(tree, 'results')).flatMap(({ entry }) => below(tree, entry.ino));
  }
}

function below(tree: Pick<Tree, 'list'>, parent: number | undefined): Removal[] {
  return parent === undefined ? [] : [...tree.list(parent)].map((entry) => ({ parent, entry }));
}
