import { setImmediate } from 'node:timers/promises';
import { nowNanoseconds } from '../../../common/time.js';
import type { Mutation } from '../../manifest/records.js';
import { touched } from '../../manifest/touched.js';
import type { Tree } from '../../manifest/tree.js';
import type { Invalidation } from '../../mount/driver.js';
import type { Caller } from '../../mount/source.js';
import { findRemoval, mutationsOf, type Removal, removalsBelow } from '../../transfer/removal.js';
import { treePath } from '../../tree-path.js';
import { actorOf } from '../actor.js';
import { invalidationOf } from '../mounting/invalidation-of.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';

/** Names that go in one transaction: twice as many records at the most. */
const batchRemovals = 3_000;
/** Entries between two turns of the event loop. */
const stride = 500;

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
    const session = await this.#vault.settled();
    const { tree } = session.manifest;
    const named = outermost(paths).map((path) => findRemoval(tree, path));
    const counts = { files: 0, others: 0 };
    for await (const { parent, entry } of inTurns(tree, named)) {
      await session.rights.requireRead([entry.ino], null, caller);
      await session.rules.guard()?.removalRefusal({ parent, name: entry.name }, caller);
      counts[entry.kind === 'file' ? 'files' : 'others'] += 1;
    }
    await session.records.record({ event: 'AUDIT_REMOVE', id: null, actor: actorOf(caller), meta: counts });
    const now = nowNanoseconds();
    let batch: Removal[] = [];
    const commitBatch = (last: readonly number[]): Promise<void> => {
      const removals = batch;
      batch = [];
      return this.#commit(session, () => [
        ...removals.flatMap((removal) => mutationsOf(tree, removal, now)),
        ...last.flatMap((parent) => touched(tree, parent, now)),
      ]);
    };
    for await (const removal of inTurns(tree, named)) {
      batch.push(removal);
      if (batch.length >= batchRemovals) await commitBatch([]);
    }
    await commitBatch([...new Set(named.map(({ parent }) => parent))]);
    return counts;
  }

  async #commit(session: Session, make: () => readonly Mutation[]): Promise<void> {
    let changed: Invalidation = { inodes: [] };
    await session.commit(() => {
      const mutations = make();
      // What goes is known to the kernel by what it is now.
      changed = invalidationOf(session.manifest.tree, mutations);
      return mutations;
    });
    await this.#invalidate(changed);
  }
}

/** Paths without those that are named twice or lie below another one. */
function outermost(paths: readonly string[]): (readonly Buffer[])[] {
  const byKey = new Map(
    paths.map(treePath).map((path) => [path.map((name) => name.toString('latin1')).join('/'), path]),
  );
  const above = (key: string): boolean => {
    for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
      if (byKey.has(key.slice(0, at))) return true;
    }
    return false;
  };
  return [...byKey].filter(([key]) => !above(key)).map(([, path]) => path);
}

/** Everything that goes, with a turn of the event loop now and then: the mount is served meanwhile. */
async function* inTurns(tree: Tree, named: readonly Removal[]): AsyncGenerator<Removal> {
  let count = 0;
  for (const each of named) {
    for (const removal of removalsBelow(tree, each)) {
      yield removal;
      count += 1;
      if (count % stride === 0) await setImmediate();
    }
  }
}
