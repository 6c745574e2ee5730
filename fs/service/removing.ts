import { nowNanoseconds } from '../../common/time.js';
import type { Mutation } from '../manifest/records.js';
import type { Invalidation } from '../mount/driver.js';
import type { Caller } from '../mount/source.js';
import { findRemoval, mutationsOf, removalsBelow, touched } from '../transfer/removal.js';
import { treePath } from '../tree-path.js';
import { actorOf } from './actor.js';
import { changes } from './changes.js';
import type { Session } from './session.js';
import type { VaultView } from './vault-view.js';

/** Records of one transaction. */
const batchMutations = 6_000;

/** Takes paths out of the tree. */
export class Removing {
  readonly #vault: VaultView;
  readonly #invalidate: (what: Invalidation) => Promise<void>;

  /** @param invalidate answers when the kernel has dropped what it held */
  constructor(vault: VaultView, invalidate: (what: Invalidation) => Promise<void>) {
    this.#vault = vault;
    this.#invalidate = invalidate;
  }

  /**
   * Removes paths with all below them, in batches; durable when it resolves. Nothing is removed where one of them is missing or denied.
   * @throws SherinError PATH_MISSING, IS_DIRECTORY, DENIED, AUDIT_UNWRITABLE, LOCKED, NO_SPACE
   */
  async remove(
    paths: readonly string[],
    caller: Caller,
  ): Promise<{ readonly files: number; readonly others: number }> {
    const session = await this.#vault.unlocked();
    const { tree } = session.manifest;
    const named = paths.map((path) => findRemoval(tree, treePath(path)));
    const all = named.flatMap((removal) => [...removalsBelow(tree, removal)]);
    for (const { entry } of all) await session.requireRead(entry.ino, null, caller);
    const files = all.filter(({ entry }) => entry.kind === 'file').length;
    const counts = { files, others: all.length - files };
    await session.records.record({ event: 'AUDIT_REMOVE', id: null, actor: actorOf(caller), meta: counts });
    const now = nowNanoseconds();
    let batch: Mutation[] = [];
    for (const removal of all) {
      batch.push(...mutationsOf(tree, removal, now));
      if (batch.length < batchMutations) continue;
      await this.#commit(session, batch);
      batch = [];
    }
    await this.#commit(session, batch);
    const parents = new Set(named.map(({ parent }) => parent));
    await this.#commit(
      session,
      [...parents].flatMap((parent) => touched(tree, parent, now)),
    );
    return counts;
  }

  async #commit(session: Session, mutations: readonly Mutation[]): Promise<void> {
    if (mutations.length === 0) return;
    // What goes is known to the kernel by what it is now.
    const changed = changes(session.manifest.tree, mutations);
    await session.commit(mutations, [], []);
    await this.#invalidate(changed);
  }
}
